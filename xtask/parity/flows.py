# goldens: crates/models/tests/goldens
"""Goldens of halation-models' flows, by PyTorch in f64 with hashed weights.

usage: python xtask/parity/flows.py <output-dir>

Writes one flow_<name>.safetensors, f32, for each layer and composed density: every output, and the gradient of every input and
parameter for sum(output * hash). Only the maps z(x) are written down here, in the plainest form (distribution functions as
they are, splines one number at a time); every log-determinant is that of the Jacobian that autograd finds.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from hashed import signed, uniform, weight  # noqa: E402

MAX_LENGTH = 6


def zeros(*shape):
    return nn.Parameter(torch.zeros(*shape, dtype=torch.float64))


def keep(name, shape):
    """1 where a position stays, 0 where it is hidden; about a third."""
    return torch.from_numpy((uniform(name, math.prod(shape)) > 0.3).astype(float)).reshape(shape)


def log_det(flow, x):
    """log |det dz/dx| of each item."""
    found = []
    for i in range(len(x)):
        jacobian = torch.autograd.functional.jacobian(lambda item: flow(item, i), x[i : i + 1], create_graph=True)
        n = x[0].numel()
        found.append(torch.linalg.slogdet(jacobian.reshape(n, n))[1])
    return torch.stack(found)


class Base(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.loc, self.log_scale = zeros(channels), zeros(channels)

    def forward(self, z):
        """z with the channels last."""
        log_prob = torch.distributions.Normal(self.loc, self.log_scale.exp()).log_prob(z)
        return log_prob.flatten(1).sum(1)


class ActNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mean, self.log_std = zeros(channels), zeros(channels)

    def forward(self, x):
        return (x - self.mean) / self.log_std.exp()


class Conv(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = zeros(channels, channels)

    def forward(self, x):
        if x.dim() == 4:
            return F.conv2d(x, self.weight[:, :, None, None])
        return torch.einsum("ij,blj->bli", self.weight, x)


class Direction(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.sizes = inputs, hidden
        self.weight_ih, self.weight_hh = zeros(4 * hidden, inputs), zeros(4 * hidden, hidden)
        self.bias_ih, self.bias_hh = zeros(4 * hidden), zeros(4 * hidden)

    def forward(self, x):
        weights = {f"{name}_l0": value for name, value in self.named_parameters()}
        return functional_call(nn.LSTM(*self.sizes, batch_first=True).double(), weights, (x,))[0]


class LstmLayer(nn.Module):
    def __init__(self, inputs, hidden, both):
        super().__init__()
        self.ahead = Direction(inputs, hidden)
        self.back = Direction(inputs, hidden) if both else None

    def forward(self, x):
        ahead = self.ahead(x)
        return ahead if self.back is None else torch.cat([ahead, self.back(x.flip(1)).flip(1)], dim=2)


class Lstm(nn.Module):
    def __init__(self, inputs, hidden, layers, both):
        super().__init__()
        width = hidden * (2 if both else 1)
        self.layers = nn.ModuleList(LstmLayer(width if i else inputs, hidden, both) for i in range(layers))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class PositionLstm(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers, both, shift):
        super().__init__()
        self.shift = shift
        self.input = nn.Linear(inputs, hidden // 2)
        self.features = nn.Linear(hidden // 2, hidden // 2 - hidden // 8)
        self.position = nn.Linear(2 * MAX_LENGTH, hidden // 8)
        self.lstm = Lstm(hidden // 2, hidden, layers, both)
        self.output = nn.Linear(hidden * (2 if both else 1), outputs)

    def forward(self, x, mask=None):
        features = F.gelu(self.features(F.gelu(self.input(x))))
        if mask is not None:
            features = features * mask[:, :, None]
        index = torch.arange(x.shape[1])
        code = torch.cat([F.one_hot(index, MAX_LENGTH), F.one_hot(index.flip(0), MAX_LENGTH)], dim=1)
        position = self.position(code.double()).expand(len(x), -1, -1)
        features = torch.cat([features, position], dim=2)
        if self.shift:
            features = F.pad(features, (0, 0, 1, 0))[:, :-1]
        return F.gelu(self.output(self.lstm(features)))


class ChannelHead(nn.Module):
    def __init__(self, channels, trunk, outputs):
        super().__init__()
        self.hidden = trunk // 2
        e = min(max(1, trunk * 9 // 16 // (channels - 1)), 96)
        self.e = e
        self.spread_weight, self.spread_bias = zeros(channels - 1, 3, e), zeros(channels - 1, e)
        self.mix = nn.Linear(trunk + e * (channels - 1), channels * self.hidden)
        self.output_weight = zeros(channels, self.hidden, outputs)
        self.output_bias = zeros(channels, outputs)

    def forward(self, trunk, x):
        h, width = self.hidden, trunk.shape[-1]
        found = []
        for c in range(x.shape[-1]):
            rows = slice(c * h, (c + 1) * h)
            hidden = trunk @ self.mix.weight[rows, :width].T + self.mix.bias[rows]
            for j in range(c):
                v = x[..., j : j + 1]
                spread = torch.cat([v, F.elu(v), F.elu(-v)], dim=-1) @ self.spread_weight[j] + self.spread_bias[j]
                columns = slice(width + j * self.e, width + (j + 1) * self.e)
                hidden = hidden + F.gelu(spread) @ self.mix.weight[rows, columns].T
            found.append(F.gelu(hidden) @ self.output_weight[c] + self.output_bias[c])
        return torch.stack(found, dim=-2)


class Bounds(nn.Module):
    def __init__(self, channels, mixtures):
        super().__init__()
        self.outer, self.mixture = zeros(channels), zeros(channels, mixtures)


def soft_bound(x, log_bound):
    bound = log_bound.exp()
    return bound * torch.tanh(x / torch.maximum(bound, torch.ones_like(bound)))


def mixture_map(x, raw, bounds):
    mixtures = bounds.mixture.shape[1]
    shift, scale = raw[..., 0], soft_bound(raw[..., 1], bounds.outer)
    weights, means, scales = raw[..., 2:].split(mixtures, dim=-1)
    scales = soft_bound(scales, bounds.mixture)
    below = (weights.softmax(-1) * torch.sigmoid((x[..., None] - means) / scales.exp())).sum(-1)
    return (below.logit() + shift) * scale.exp()


def spline(x, raw, bound):
    """One number at a time, with a search by comparison."""
    bins = (len(raw) + 1) // 3
    if abs(x.item()) >= bound:
        return x
    knots = []
    for logits in (raw[:bins], raw[bins : 2 * bins]):
        parts = 1e-3 + (1 - 1e-3 * bins) * torch.softmax(logits, 0)
        knots.append([torch.tensor(-bound).double() + 2 * bound * parts[:k].sum() for k in range(bins + 1)])
    (xs, ys), one = knots, torch.ones((), dtype=torch.float64)
    slopes = [one, *(1e-3 + (1 - 1e-3) * F.softplus(raw[2 * bins :] + math.log(math.e - 1))), one]
    k = max(k for k in range(bins) if xs[k].item() <= x.item())
    width, height = xs[k + 1] - xs[k], ys[k + 1] - ys[k]
    t, s = (x - xs[k]) / width, height / width
    above = height * (s * t**2 + slopes[k] * t * (1 - t))
    return ys[k] + above / (s + (slopes[k + 1] + slopes[k] - 2 * s) * t * (1 - t))


class MixtureCoupling(nn.Module):
    def __init__(self, channels, hidden, mixtures, layers):
        super().__init__()
        self.passed = channels // 2
        self.each = 2 + 3 * mixtures
        changed = channels - self.passed
        self.net = PositionLstm(self.passed, hidden, hidden, layers, True, False)
        self.parameters_ = nn.Linear(hidden, changed * self.each)
        self.bounds = Bounds(changed, mixtures)

    def forward(self, x, mask=None):
        passed, changed = x[..., : self.passed], x[..., self.passed :]
        raw = self.parameters_(self.net(passed, mask)).unflatten(-1, (-1, self.each))
        return torch.cat([passed, mixture_map(changed, raw, self.bounds)], dim=-1)


class SplineCoupling(nn.Module):
    def __init__(self, channels, hidden, bins, bound, layers):
        super().__init__()
        self.passed, self.each, self.bound = channels // 2, 3 * bins - 1, bound
        self.net = PositionLstm(self.passed, hidden, hidden, layers, True, False)
        self.parameters_ = nn.Linear(hidden, (channels - self.passed) * self.each)

    def forward(self, x, mask=None):
        passed, changed = x[..., : self.passed], x[..., self.passed :]
        raw = self.parameters_(self.net(passed, mask)).unflatten(-1, (-1, self.each))
        pairs = zip(changed.flatten(), raw.flatten(0, 2), strict=True)
        changed = torch.stack([spline(v, p, self.bound) for v, p in pairs]).reshape(changed.shape)
        return torch.cat([passed, changed], dim=-1)


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.point = nn.Conv2d(channels, channels, 1)
        self.grow = nn.Conv2d(channels, growth, 3, padding=1)

    def forward(self, x):
        return torch.cat([x, F.relu(self.grow(F.relu(self.point(x))))], dim=1)


class DenseBlock(nn.Module):
    def __init__(self, inputs, outputs, depth, growth):
        super().__init__()
        self.layers = nn.ModuleList(DenseLayer(inputs + i * growth, growth) for i in range(depth))
        self.gate = nn.Conv2d(inputs + depth * growth, 3 * outputs, 1)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        a, b, c = self.gate(x).chunk(3, dim=1)
        return a + b * torch.sigmoid(c)


class DenseNet(nn.Module):
    def __init__(self, inputs, outputs, width, depth, growth):
        super().__init__()
        self.first = nn.Conv2d(inputs, width, 1)
        self.blocks = nn.ModuleList([DenseBlock(width, width, depth, growth)])
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.last(x)


class AffineCoupling(nn.Module):
    def __init__(self, channels, context, width, depth, growth):
        super().__init__()
        self.passed = channels // 2
        self.net = DenseNet(self.passed + context, 2 * (channels - self.passed), width, depth, growth)

    def forward(self, x, context=None):
        passed, changed = x[:, : self.passed], x[:, self.passed :]
        s, b = self.net(passed if context is None else torch.cat([passed, context], dim=1)).chunk(2, dim=1)
        return torch.cat([passed, b + torch.exp(2 * torch.tanh(s / 2)) * changed], dim=1)


class ImageStep(nn.Module):
    def __init__(self, channels, context, *sizes):
        super().__init__()
        self.conv, self.coupling = Conv(channels), AffineCoupling(channels, context, *sizes)

    def forward(self, x, context=None):
        return self.coupling(self.conv(x), context)


class Level(nn.Module):
    def __init__(self, steps, *sizes):
        super().__init__()
        self.steps = nn.ModuleList(ImageStep(*sizes) for _ in range(steps))


class ImageFlow(nn.Module):
    def __init__(self, channels, levels, steps, *sizes):
        super().__init__()
        self.channels = channels
        self.levels = nn.ModuleList(Level(steps, 4 * channels, 0, *sizes) for _ in range(levels))
        self.base = Base(4 * channels)

    def latents(self, x):
        x, found = F.pixel_unshuffle(x, 2), []
        for index, level in enumerate(self.levels):
            if index:
                x = F.pixel_unshuffle(x, 2)
                found.append(x[:, 4 * self.channels :])
                x = x[:, : 4 * self.channels]
            for step in level.steps:
                x = step(x)
        return [*found, x]

    def forward(self, x):
        *factored, rest = self.latents(x)
        flat = lambda item, _: torch.cat([z.flatten(1) for z in self.latents(item)], dim=1)  # noqa: E731
        log_prob = self.base(rest.permute(0, 2, 3, 1)) + log_det(flat, x)
        for z in factored:
            log_prob = log_prob + torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)
        return log_prob, *factored, rest


class ConditionalImageFlow(nn.Module):
    def __init__(self, channels, known, steps, context, depth, growth, *sizes):
        super().__init__()
        self.context_fine = DenseBlock(known, context, depth, growth)
        self.context_down = nn.Conv2d(context, context, 2, stride=2)
        self.context_coarse = DenseBlock(context, context, depth, growth)
        self.steps = nn.ModuleList(ImageStep(4 * channels, context, *sizes) for _ in range(steps))
        self.last = Conv(4 * channels)

    def u(self, noise, known):
        context = self.context_coarse(self.context_down(self.context_fine(known)))
        x = F.pixel_unshuffle(noise, 2)
        for step in self.steps:
            x = step(x, context)
        return F.pixel_shuffle(self.last(x), 2)

    def forward(self, noise, known):
        log_q = torch.distributions.Normal(0.0, 1.0).log_prob(noise).flatten(1).sum(1)
        return self.u(noise, known), log_q - log_det(lambda item, i: self.u(item, known[i : i + 1]), noise)


class TextStep(nn.Module):
    def __init__(self, index, channels, *sizes):
        super().__init__()
        self.norm = ActNorm(channels)
        self.conv = Conv(channels) if index else None
        self.coupling = MixtureCoupling(channels, *sizes)

    def forward(self, x, mask):
        x = self.norm(x)
        if self.conv is not None:
            x = self.conv(x.flip(1))
        return self.coupling(x, mask)


class CouplingTextFlow(nn.Module):
    def __init__(self, steps, channels, *sizes):
        super().__init__()
        self.steps = nn.ModuleList(TextStep(i, channels, *sizes) for i in range(steps))
        self.base = Base(channels)

    def z(self, x, masks):
        for step, mask in zip(self.steps, masks, strict=True):
            x = step(x, mask)
        return x

    def forward(self, x, masks):
        z = self.z(x, masks)
        return z, self.base(z) + log_det(lambda item, i: self.z(item, masks[:, i : i + 1]), x)


class AutoregressiveFlow(nn.Module):
    def __init__(self, channels, hidden, mixtures, layers):
        super().__init__()
        self.net = PositionLstm(channels, hidden, hidden // 2, layers, False, True)
        self.head = ChannelHead(channels, hidden // 2, 2 + 3 * mixtures)
        self.bounds = Bounds(channels, mixtures)
        self.base = Base(channels)

    def z(self, x, mask):
        return mixture_map(x, self.head(self.net(x, mask), x), self.bounds)

    def forward(self, x, mask):
        z = self.z(x, mask)
        return z, self.base(z) + log_det(lambda item, i: self.z(item, mask[i : i + 1]), x)


class WithLogDet(nn.Module):
    """A layer that gives z and the log-determinant of its Jacobian; names of parameters stay those of the layer."""

    def __init__(self, layer, *rest):
        super().__init__()
        self.layer, self.rest = layer, rest

    def forward(self, x):
        item = lambda value, i: value[i : i + 1] if torch.is_tensor(value) else value  # noqa: E731
        return self.layer(x, *self.rest), log_det(lambda x, i: self.layer(x, *(item(r, i) for r in self.rest)), x)


def golden(model, inputs, names, *rest) -> dict:
    model = model.double()
    layer = model.layer if isinstance(model, WithLogDet) else model
    # `parameters` is a method of PyTorch's modules: the layer has an underscore here, and its weights the name without.
    rename = lambda name: name.replace("parameters_.", "parameters.")  # noqa: E731
    for name, parameter in layer.named_parameters():
        parameter.data.copy_(weight(rename(name), parameter.shape))
    inputs = {name: signed(name, shape, 2.0).requires_grad_() for name, shape in inputs.items()}
    found = model(*inputs.values(), *rest)
    outputs = dict(zip(names, [found] if torch.is_tensor(found) else found, strict=True))
    sum((value * signed(f"cotangent.{name}", value.shape)).sum() for name, value in outputs.items()).backward()
    out = dict(outputs)
    out |= {f"grad.{rename(name)}": parameter.grad for name, parameter in layer.named_parameters()}
    out |= {f"grad.{name}": value.grad for name, value in inputs.items()}
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    text, image = {"x": (2, 4, 3)}, {"x": (2, 4, 2, 2)}
    both = ["z", "log_det"]
    mask = keep("keep", (2, 4))
    goldens = {
        "base": golden(Base(3), text, ["log_prob"]),
        "act_norm": golden(WithLogDet(ActNorm(3)), text, both),
        "conv_text": golden(WithLogDet(Conv(3)), text, both),
        "conv_image": golden(WithLogDet(Conv(4)), image, both),
        "lstm": golden(Lstm(3, 5, 2, True), text, ["states"]),
        "position_lstm": golden(PositionLstm(3, 8, 6, 2, True, False), text, ["features"], mask),
        "shifted_lstm": golden(PositionLstm(3, 8, 6, 2, False, True), text, ["features"], mask),
        "channel_head": golden(ChannelHead(3, 8, 5), {"trunk": (2, 4, 8), "x": (2, 4, 3)}, ["parameters"]),
        "mixture_coupling": golden(WithLogDet(MixtureCoupling(3, 8, 3, 2), mask), text, both),
        "spline_coupling": golden(WithLogDet(SplineCoupling(3, 8, 4, 1.5, 1), mask), text, both),
        "dense_net": golden(DenseNet(4, 3, 5, 2, 3), image, ["features"]),
        "affine_coupling": golden(WithLogDet(AffineCoupling(4, 0, 5, 2, 3)), image, both),
        "coupling_text": golden(CouplingTextFlow(3, 3, 8, 2, 1), text, ["z", "log_prob"], keep("keep", (3, 2, 4))),
        "autoregressive": golden(AutoregressiveFlow(3, 16, 3, 2), text, ["z", "log_prob"], mask),
        "image": golden(ImageFlow(1, 2, 2, 4, 2, 3), {"x": (2, 1, 4, 4)}, ["log_prob", "factored", "rest"]),
        "conditional_image": golden(
            ConditionalImageFlow(1, 3, 2, 4, 2, 2, 4, 2, 3),
            {"noise": (2, 1, 4, 4), "known": (2, 3, 4, 4)},
            ["u", "log_q"],
        ),
    }
    # One key: several come in no fixed order, and the files would differ from run to run.
    metadata = {"generator": f"xtask/parity/flows.py, torch {torch.__version__}, numbers of xtask/parity/hashed.py"}
    for name, tensors in goldens.items():
        save_file(tensors, str(Path(sys.argv[1]) / f"flow_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
