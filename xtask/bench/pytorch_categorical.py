"""The models of text of crates/models/benches/steps in PyTorch on the CPU, as one JSON line: training steps and samples.

usage: python xtask/bench/pytorch_categorical.py [NAME] [--repeats N] [--threads N]

NAME: text-denoiser, ar-flow, sample-ar, sample-coupling, sample-diffusion. Slow samples are drawn less often;
the full passes of sample-ar are timed at every eighth position and scaled.
"""

import argparse
import json
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES, TIMES, BITS = 27, 1000, 5

# The full passes of `sample-ar` are timed at every eighth position, and the time multiplied.
STRETCH = 8


# Multinomial diffusion and its network


class TextLayer(nn.Module):
    def __init__(self, dim, heads, local):
        super().__init__()
        self.heads, self.local = heads, local
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.q, self.k, self.v = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.out, self.fc1, self.fc2 = nn.Linear(dim, dim), nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def attend(self, x):
        batch, length, dim = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        n, scale = self.local, q.shape[-1] ** -0.25
        local = F.scaled_dot_product_attention(q[:, :n], k[:, :n], v[:, :n])  # two windows: everything is in reach
        q, k = torch.softmax(q[:, n:] * scale, 3), torch.softmax(k[:, n:] * scale, 2)
        read = torch.cat((local, q @ (k.transpose(2, 3) @ v[:, n:])), 1)
        return self.out(read.transpose(1, 2).reshape(batch, length, dim))

    def forward(self, h):
        h = h + self.attend(self.norm1(h))
        return h + self.fc2(F.gelu(self.fc1(self.norm2(h))))


class TextDenoiser(nn.Module):
    def __init__(self, dim, length=256, window=128, depth=4, heads=8, local=4):
        super().__init__()
        self.dim = dim
        self.tokens = nn.Embedding(CLASSES, dim)
        self.rows = nn.Parameter(torch.randn(length // window, 1, dim))
        self.columns = nn.Parameter(torch.randn(1, window, dim))
        self.time1, self.time2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, depth * dim)
        self.layers = nn.ModuleList(TextLayer(dim, heads, local) for _ in range(depth))
        self.norm, self.output = nn.LayerNorm(dim), nn.Linear(dim, CLASSES)
        self.gate = nn.Parameter(torch.ones(1))

    def forward(self, tokens, time):
        half = self.dim // 2
        waves = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
        angle = 4000 * time[:, None] * waves
        vectors = self.time2(F.softplus(self.time1(torch.cat((angle.sin(), angle.cos()), 1))))
        h = self.tokens(tokens) + (self.rows + self.columns).flatten(0, 1)
        for layer, vector in zip(self.layers, vectors.split(self.dim, 1)):
            h = layer(h + vector[:, None])
        return self.output(self.norm(h)) * self.gate


class Multinomial:
    def __init__(self):
        level = torch.cos((torch.arange(TIMES + 1, dtype=torch.float64) / TIMES + 0.008) / 1.008 * math.pi / 2)
        ratio = (level[1:] / level[:-1]).square().clamp(1e-3, 1).sqrt()
        self.log_alpha = torch.cat((torch.zeros(1), ratio.log()))
        self.log_abar = self.log_alpha.cumsum(0)

    def mix(self, log_x, log_keep):
        log_change = torch.log((1 - log_keep.exp()).clamp_min(1e-40))
        wide = lambda x: x.float()[:, None, None]  # noqa: E731
        return torch.logaddexp(log_x + wide(log_keep), wide(log_change - math.log(CLASSES)))

    def posterior(self, log_x_t, log_x0, s, t):
        back = self.mix(log_x_t, self.log_abar[t] - self.log_abar[s])
        return torch.log_softmax(back + self.mix(log_x0, self.log_abar[s]), 2)


def log_one_hot(ids):
    return F.one_hot(ids, CLASSES).float().clamp_min(1e-30).log()


def draw(log_probs):
    return (log_probs - torch.log(-torch.log(torch.rand_like(log_probs) + 1e-30) + 1e-30)).argmax(2)


def text_denoiser(batch=8, length=256):
    model, noise = TextDenoiser(256), Multinomial()
    x0 = (torch.arange(batch * length) * 7919 % CLASSES).view(batch, length)
    abar = noise.log_abar[TIMES].exp()
    same = (abar + (1 - abar) / CLASSES) * torch.log1p((CLASSES - 1) * abar)
    prior = length * (same + (CLASSES - 1) * (1 - abar) / CLASSES * torch.log1p(-abar)).float()

    def step():
        model.zero_grad(set_to_none=True)
        t = torch.randint(1, TIMES + 1, (batch,))
        clean = log_one_hot(x0)
        x_t = draw(noise.mix(clean, noise.log_abar[t]))
        estimate = torch.log_softmax(model(x_t, t / TIMES), 2)
        log_x_t = log_one_hot(x_t)
        guess, truth = noise.posterior(log_x_t, estimate, t - 1, t), noise.posterior(log_x_t, clean, t - 1, t)
        divergence = (truth.exp() * (truth - guess)).sum((1, 2))
        decoder = -guess.gather(2, x0[:, :, None]).sum((1, 2))
        total = (TIMES * torch.where(t == 1, decoder, divergence) + prior).mean()
        total.backward()
        return total.item()

    return {"": (step, None)}


def sample_diffusion(length=256, width=128):
    model, noise = TextDenoiser(width), Multinomial()

    def ancestral(count):
        times = [-(-TIMES * index // count) for index in range(count, 0, -1)]

        def step():
            x = torch.randint(CLASSES, (1, length))
            for t, s in zip(times, times[1:] + [0]):
                t, s = torch.tensor([t]), torch.tensor([s])
                estimate = torch.log_softmax(model(x, t / TIMES), 2)
                x = draw(noise.posterior(log_one_hot(x), estimate, s, t))
            return x.sum().item()

        return step

    return {"-1000": (ancestral(1000), 1), "-100": (ancestral(100), 3)}


# Argmax flows


class PositionLstm(nn.Module):
    def __init__(self, inputs, hidden, output, longest, shift):
        super().__init__()
        h, self.longest, self.shift = hidden, longest, shift
        self.mlp = nn.Sequential(nn.Linear(inputs, h // 2), nn.GELU(), nn.Linear(h // 2, h // 2 - h // 8), nn.GELU())
        self.position = nn.Linear(2 * longest, h // 8)
        self.lstm = nn.LSTM(h // 2, h, 2, batch_first=True, bidirectional=not shift)
        self.output = nn.Linear(h if shift else 2 * h, output)

    def inputs(self, x, first=0, length=None):
        place = torch.arange(first, first + x.shape[1])
        code = torch.cat((F.one_hot(place, self.longest), F.one_hot((length or x.shape[1]) - 1 - place, self.longest)), 1)
        return torch.cat((self.mlp(x), self.position(code.float()).expand(len(x), -1, -1)), 2)

    def forward(self, x):
        x = self.inputs(x)
        if self.shift:
            x = F.pad(x[:, :-1], (0, 0, 1, 0))
        return F.gelu(self.output(self.lstm(x)[0]))


class ChannelHead(nn.Module):
    def __init__(self, channels, trunk, output):
        super().__init__()
        self.channels, hidden = channels, trunk // 2
        e = min(max(1, trunk * 9 // 16 // (channels - 1)), 96)
        uniform = lambda inputs, *shape: nn.Parameter((2 * torch.rand(*shape) - 1) / inputs**0.5)  # noqa: E731
        self.spread, self.spread_bias = uniform(3, channels - 1, 3, e), uniform(3, channels - 1, e)
        self.mix = nn.Linear(trunk + e * (channels - 1), channels * hidden)
        self.out, self.out_bias = uniform(hidden, channels, hidden, output), uniform(hidden, channels, output)
        earlier = (torch.arange(channels)[:, None] > torch.arange(channels - 1)[None]).float()
        earlier = earlier.repeat_interleave(hidden, 0).repeat_interleave(e, 1)
        self.register_buffer("mask", torch.cat((torch.ones(channels * hidden, trunk), earlier), 1))

    def forward(self, trunk, x):
        seen = x[..., :-1]
        spread = torch.stack((seen, F.elu(seen), F.elu(-seen)), 3)
        spread = F.gelu(torch.einsum("blci,cie->blce", spread, self.spread) + self.spread_bias).flatten(2)
        mixed = F.gelu(F.linear(torch.cat((trunk, spread), 2), self.mix.weight * self.mask, self.mix.bias))
        mixed = mixed.unflatten(2, (self.channels, -1))
        return torch.einsum("blch,cho->blco", mixed, self.out) + self.out_bias


class Mixture:
    """One scalar map for each number from raw parameters."""

    def __init__(self, raw, outer, inner):
        m = inner.shape[-1]
        soft = lambda x, log_bound: log_bound.exp() * torch.tanh(x / log_bound.exp().clamp_min(1))  # noqa: E731
        self.shift, self.scale = raw[..., 0], soft(raw[..., 1], outer)
        self.log_w, self.mean = torch.log_softmax(raw[..., 2 : 2 + m], -1), raw[..., 2 + m : 2 + 2 * m]
        self.log_s = soft(raw[..., 2 + 2 * m :], inner)

    def parts(self, x):
        z = (x[..., None] - self.mean) * (-self.log_s).exp()
        below, above = F.logsigmoid(z), F.logsigmoid(-z)
        lse = lambda x: torch.logsumexp(self.log_w + x, -1)  # noqa: E731
        return lse(below), lse(above), lse(below + above - self.log_s)

    def forward(self, x):
        below, above, density = self.parts(x)
        return (below - above + self.shift) * self.scale.exp(), self.scale - below - above + density

    def inverse(self, y):
        """Bisection on F alone, by the published bracket; 40 halvings as ours, where the published code stops by a tolerance."""
        goal = torch.sigmoid(y * (-self.scale).exp() - self.shift)
        reach, weights, inverse_scales = 20 * self.log_s.exp().sum(-1), self.log_w.exp(), (-self.log_s).exp()
        low, high = self.mean.amin(-1) - reach, self.mean.amax(-1) + reach
        for _ in range(40):
            middle = (low + high) / 2
            is_below = (torch.sigmoid((middle[..., None] - self.mean) * inverse_scales) * weights).sum(-1) < goal
            low, high = torch.where(is_below, middle, low), torch.where(is_below, high, middle)
        return (low + high) / 2


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.loc, self.log_scale = nn.Parameter(torch.zeros(BITS)), nn.Parameter(torch.zeros(BITS))

    def log_prob(self, z):
        standard = (z - self.loc) * (-self.log_scale).exp()
        return (-0.5 * (standard.square() + math.log(2 * math.pi)) - self.log_scale).sum((1, 2))

    def sample(self, length):
        return torch.randn(1, length, BITS) * self.log_scale.exp() + self.loc


class AutoregressiveFlow(nn.Module):
    def __init__(self, hidden, longest, mixtures=27):
        super().__init__()
        self.net = PositionLstm(BITS, hidden, hidden // 2, longest, True)
        self.head = ChannelHead(BITS, hidden // 2, 2 + 3 * mixtures)
        self.outer, self.inner = nn.Parameter(torch.zeros(BITS)), nn.Parameter(torch.zeros(BITS, mixtures))
        self.base = Base()

    def maps(self, trunk, x):
        return Mixture(self.head(trunk, x), self.outer, self.inner)

    def log_prob(self, x):
        z, log_det = self.maps(self.net(x), x).forward(x)
        return self.base.log_prob(z) + log_det.sum((1, 2))

    def value(self, raw, position, channel, z):
        raw = raw[:, position : position + 1, channel : channel + 1]
        map = Mixture(raw, self.outer[channel : channel + 1], self.inner[channel : channel + 1])
        return map.inverse(z[:, position : position + 1, channel : channel + 1])

    def sample_by_full_passes(self, length, every=1):
        """`every`: numbers are drawn at each such position alone. Every number costs one pass over all positions, whichever it is."""
        z = self.base.sample(length)
        x = torch.zeros_like(z)
        for position in range(0, length, every):
            for channel in range(BITS):
                raw = self.head(self.net(x), x)
                x[:, position : position + 1, channel : channel + 1] = self.value(raw, position, channel, z)
        return x

    def sample(self, length):
        z, state, rows = self.base.sample(length), None, []
        before = torch.zeros(1, 1, self.net.lstm.input_size)
        for position in range(length):
            read, state = self.net.lstm(before, state)
            trunk, row = F.gelu(self.net.output(read)), torch.zeros(1, 1, BITS)
            for channel in range(BITS):
                raw = self.head(trunk, row)
                row[:, :, channel : channel + 1] = self.value(raw, 0, channel, z[:, position : position + 1])
            rows.append(row)
            before = self.net.inputs(row, position, length)
        return torch.cat(rows, 1)


class CouplingFlow(nn.Module):
    def __init__(self, hidden, longest, steps=8, mixtures=8):
        super().__init__()
        self.passed, self.width = BITS // 2, 2 + 3 * mixtures
        changed = BITS - self.passed
        self.nets = nn.ModuleList(PositionLstm(self.passed, hidden, hidden, longest, False) for _ in range(steps))
        self.linears = nn.ModuleList(nn.Linear(hidden, changed * self.width) for _ in range(steps))
        self.outer = nn.ParameterList(torch.zeros(changed) for _ in range(steps))
        self.inner = nn.ParameterList(torch.zeros(changed, mixtures) for _ in range(steps))
        self.convs = nn.ParameterList(torch.linalg.qr(torch.randn(BITS, BITS))[0] for _ in range(steps - 1))
        self.base = Base()

    def sample(self, length):
        x = self.base.sample(length)
        for index in reversed(range(len(self.nets))):
            passed, changed = x[..., : self.passed], x[..., self.passed :]
            raw = self.linears[index](self.nets[index](passed)).unflatten(2, (-1, self.width))
            x = torch.cat((passed, Mixture(raw, self.outer[index], self.inner[index]).inverse(changed)), 2)
            if index > 0:
                x = (x @ torch.linalg.inv(self.convs[index - 1]).T).flip(1)
        return x


class Signs(nn.Module):
    """q(v | x): a normal from a context over the whole sequence, softplus, and the bits as signs."""

    def __init__(self):
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(CLASSES, 64), nn.LSTM(64, 64, batch_first=True, bidirectional=True)
        self.output, self.projection = nn.Linear(128, 32), nn.Linear(32, 2 * BITS)

    def forward(self, ids):
        mean, log_std = self.projection(self.output(self.lstm(self.embedding(ids))[0])).chunk(2, 2)
        noise = torch.randn_like(mean)
        u = mean + log_std.exp() * noise
        log_q = -0.5 * (noise.square() + math.log(2 * math.pi)) - log_std - F.logsigmoid(u)
        bits = ids[:, :, None] >> torch.arange(BITS) & 1
        return (2 * bits - 1) * F.softplus(u), log_q.sum((1, 2))


def read(v):
    ids = ((v > 0).long() << torch.arange(BITS)).sum(2)
    return torch.where(ids < CLASSES, ids, 0).sum().item()


def ar_flow(batch=16, length=64):
    flow, signs = AutoregressiveFlow(512, length), Signs()
    ids = (torch.arange(batch * length) * 7919 % CLASSES).view(batch, length)

    def step():
        flow.zero_grad(set_to_none=True)
        signs.zero_grad(set_to_none=True)
        v, log_q = signs(ids)
        total = -(flow.log_prob(v) - log_q).mean()
        total.backward()
        return total.item()

    return {"": (step, None)}


def sample_ar(length=256):
    flow = AutoregressiveFlow(128, length)
    kept, full = lambda: read(flow.sample(length)), lambda: read(flow.sample_by_full_passes(length, STRETCH))
    return {"": (kept, 5), "-full-passes": (full, 1)}


def sample_coupling(length=256):
    flow = CouplingFlow(128, length)
    return {"": (lambda: read(flow.sample(length)), 10)}


def main() -> None:
    parser = argparse.ArgumentParser()
    benches = {
        "text-denoiser": text_denoiser,
        "ar-flow": ar_flow,
        "sample-ar": sample_ar,
        "sample-coupling": sample_coupling,
        "sample-diffusion": sample_diffusion,
    }
    parser.add_argument("only", nargs="?", choices=list(benches))
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    out = {"library": f"torch {torch.__version__}", "unit": "ms", "threads": arguments.threads}
    for name, make in benches.items():
        if arguments.only not in (None, name):
            continue
        for suffix, (step, most) in make().items():
            repeats, warm_up = min(arguments.repeats, most or arguments.repeats), 0 if most == 1 else 2
            times = []
            with torch.inference_mode(name.startswith("sample")):
                for _ in range(repeats + warm_up):
                    start = time.perf_counter()
                    assert math.isfinite(step())
                    times.append((time.perf_counter() - start) * 1e3)
            scale = STRETCH if suffix == "-full-passes" else 1
            times = sorted(scale * ms for ms in times[warm_up:])
            values = times[0], statistics.median(times), times[-1]
            out[name + suffix] = {k: round(v, 1) for k, v in zip(("min", "median", "max"), values)}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
