# goldens: crates/models/tests/goldens
"""Goldens of halation-models' discrete diffusion: terms of the bound, and the three denoisers, by PyTorch in f64.

usage: python xtask/parity/diffusion.py <output-dir>

Writes diffusion_<what>.safetensors, f32, for each: the output and the gradient of every parameter (of the logits, for
the terms) for sum(output * hash). Kernels are full matrices in probability space, attention is one head at a time over
masked squares, and the noise levels are written out, so nothing is shared with the Rust side but formulas.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed, uniform  # noqa: E402


def ids(name, shape, classes):
    values = uniform(name, math.prod(shape)) * classes
    return torch.tensor([int(v) for v in values]).reshape(shape)


def waves(time, dim):
    half = dim // 2
    out = torch.zeros(len(time), dim, dtype=torch.float64)
    for b, t in enumerate(time):
        for j in range(half):
            angle = t * 4000 * math.exp(-math.log(10000) * j / (half - 1))
            out[b, j], out[b, half + j] = math.sin(angle), math.cos(angle)
    return out


# ------------------------------------------------------------------ kernels


def cosine_levels(steps):
    f = lambda t: math.cos((t / steps + 0.008) / 1.008 * math.pi / 2)  # noqa: E731
    levels = [1.0]
    for t in range(1, steps + 1):
        levels.append(levels[-1] * math.sqrt(max((f(t) / f(t - 1)) ** 2, 1e-3)))
    return levels


def uniform_step(k, alpha):
    return alpha * torch.eye(k, dtype=torch.float64) + (1 - alpha) / k


def mask_step(k, alpha):
    q = torch.zeros(k + 1, k + 1, dtype=torch.float64)
    for i in range(k):
        q[i, i], q[i, k] = alpha, 1 - alpha
    q[k, k] = 1
    return q


def gaussian_step(k, beta):
    w = lambda n: math.exp(-4 * n * n / ((k - 1) ** 2 * beta))  # noqa: E731
    total = sum(w(n) for n in range(-(k - 1), k))
    q = torch.zeros(k, k, dtype=torch.float64)
    for i in range(k):
        for j in range(k):
            if i != j:
                q[i, j] = w(i - j) / total
        q[i, i] = 1 - q[i].sum()
    return q


def product(matrices, size):
    out = torch.eye(size, dtype=torch.float64)
    for matrix in matrices:
        out = out @ matrix
    return out


def posterior(steps, x_t, x_0, t):
    """q(x_(t-1) | x_t, x_0) of one position; `steps` are Q_1 .. Q_T, x_0 a vector of probabilities over classes."""
    size = len(steps[0])
    padded = F.pad(x_0, (0, size - len(x_0)))
    weights = steps[t - 1][:, x_t] * (padded @ product(steps[: t - 1], size))
    return weights / weights.sum()


def term(steps, x_0, x_t, logits, t, direct):
    """L_t of one sequence."""
    total = logits.sum() * 0
    for position in range(len(x_0)):
        estimate = torch.softmax(logits[position], 0)
        model = posterior(steps, x_t[position], estimate, t)
        if t == 1:
            total = total - (estimate if direct else model)[x_0[position]].log()
            continue
        truth = posterior(steps, x_t[position], F.one_hot(x_0[position], len(estimate)).double(), t)
        for q, p in zip(truth, model):
            if q > 0:
                total = total + q * (q / p).log()
    return total


def terms(steps, k, direct=False, masked=False):
    times = [1, 2, 4, 5, 1, 3]
    x_0 = ids("x0", (6, 4), k)
    x_t = ids("xt", (6, 4), k)
    if masked:
        x_t = torch.where(ids("mask", (6, 4), 2) == 1, torch.full_like(x_t, k), x_0)
        x_t[3] = k  # the last step leaves nothing visible
    logits = signed("logits", (6, 4, k), 2.0).requires_grad_()
    found = torch.stack([term(steps, x_0[b], x_t[b], logits[b], times[b], direct) for b in range(6)])
    (found * signed("cotangent.terms", (6,))).sum().backward()
    model = [posterior(steps, x_t[b, l], torch.softmax(logits[b, l], 0), times[b]) for b in range(6) for l in range(4)]
    return {
        "terms": found.detach(),
        "grad.logits": logits.grad,
        "posterior": torch.stack(model).reshape(6, 4, -1).detach(),
        "x0": x_0.double(),
        "xt": x_t.double(),
    }


# ------------------------------------------------------------------ text


class Axial(nn.Module):
    def __init__(self, rows, columns, dim):
        super().__init__()
        self.rows = nn.Parameter(torch.zeros(rows, dim))
        self.columns = nn.Parameter(torch.zeros(columns, dim))

    def forward(self, length):
        w = len(self.columns)
        return torch.stack([self.rows[p // w] + self.columns[p % w] for p in range(length)])


class TimeVectors(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        self.hidden = nn.Linear(dim, 4 * dim)
        self.output = nn.Linear(4 * dim, depth * dim)


class TextAttention(nn.Module):
    def __init__(self, dim, heads, local, window):
        super().__init__()
        for name in ("to_q", "to_k", "to_v"):
            setattr(self, name, nn.Linear(dim, dim, bias=False))
        self.to_out = nn.Linear(dim, dim)
        self.heads, self.local, self.window = heads, local, window

    def item(self, x):
        length, dim = x.shape
        e = dim // self.heads
        window = torch.arange(length) // self.window
        far = (window[:, None] - window[None]).abs() > 1
        out = []
        for head in range(self.heads):
            cut = slice(head * e, (head + 1) * e)
            q, k, v = (layer(x)[:, cut] for layer in (self.to_q, self.to_k, self.to_v))
            if head < self.local:
                scores = (q @ k.T / math.sqrt(e)).masked_fill(far, float("-inf"))
                out.append(torch.softmax(scores, 1) @ v)
            else:
                q, k = torch.softmax(q / e**0.25, 1), torch.softmax(k / e**0.25, 0)
                out.append((q @ k.T) @ v)  # the square on purpose
        return self.to_out(torch.cat(out, 1))


class TextLayer(nn.Module):
    def __init__(self, dim, heads, local, window):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = TextAttention(dim, heads, local, window)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)


class Text(nn.Module):
    def __init__(self, classes, inputs, length, window, dim, depth, heads, local):
        super().__init__()
        self.tokens = nn.Embedding(inputs, dim)
        self.positions = Axial(length // window, window, dim)
        self.time = TimeVectors(dim, depth)
        self.layers = nn.ModuleList(TextLayer(dim, heads, local, window) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.output = nn.Linear(dim, classes)
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, tokens, time):
        h = self.tokens(tokens) + self.positions(tokens.shape[1])
        dim = h.shape[2]
        vectors = self.time.output(F.softplus(self.time.hidden(waves(time, dim))))
        for index, layer in enumerate(self.layers):
            h = h + vectors[:, None, index * dim : (index + 1) * dim]
            h = h + torch.stack([layer.attn.item(x) for x in layer.norm1(h)])
            h = h + layer.fc2(F.gelu(layer.fc1(layer.norm2(h))))
        return self.output(self.norm(h)) * self.gate


# ------------------------------------------------------------------ transformer


class Scale(nn.Module):
    """Layer norm without offset."""

    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return F.layer_norm(x, (len(self.weight),), self.weight)


class DitAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)
        self.heads = heads

    def item(self, x):
        dim = x.shape[1]
        e = dim // self.heads
        out = []
        for head in range(self.heads):
            q, k, v = (self.qkv(x)[:, part * dim + head * e :][:, :e] for part in range(3))
            out.append(torch.softmax(self.turn(q) @ self.turn(k).T / math.sqrt(e), 1) @ v)
        return self.out(torch.cat(out, 1))

    @staticmethod
    def turn(x):
        """Pairs (j, j + e/2) as complex numbers, times e^(i angle)."""
        length, e = x.shape
        angle = torch.arange(length).double()[:, None] * 10000.0 ** (-2 * torch.arange(e // 2).double() / e)
        turned = torch.complex(x[:, : e // 2], x[:, e // 2 :]) * torch.polar(torch.ones_like(angle), angle)
        return torch.cat([turned.real, turned.imag], 1)


class DitMlp(nn.Module):
    def __init__(self, dim, hidden, glu):
        super().__init__()
        self.fc1 = nn.Linear(dim, 2 * hidden if glu else hidden)
        self.fc2 = nn.Linear(hidden, dim)
        self.glu = glu

    def forward(self, x):
        x = self.fc1(x)
        if self.glu:
            a, b = x.chunk(2, -1)
            return self.fc2(F.silu(a) * b)
        return self.fc2(F.gelu(x, approximate="tanh"))


class DitBlock(nn.Module):
    def __init__(self, dim, heads, cond, hidden, glu):
        super().__init__()
        self.norm1, self.norm2 = Scale(dim), Scale(dim)
        self.attn = DitAttention(dim, heads)
        self.mlp = DitMlp(dim, hidden, glu)
        self.modulation = nn.Linear(cond, 6 * dim)

    def forward(self, x, c):
        b1, a1, g1, b2, a2, g2 = self.modulation(c)[:, None].chunk(6, -1)
        x = x + g1 * torch.stack([self.attn.item(y) for y in self.norm1(x) * (1 + a1) + b1])
        return x + g2 * self.mlp(self.norm2(x) * (1 + a2) + b2)


class Dit(nn.Module):
    def __init__(self, classes, inputs, dim, depth, heads, cond, time_waves, hidden, glu, timed):
        super().__init__()
        self.tokens = nn.Embedding(inputs, dim)
        self.time1, self.time2 = nn.Linear(time_waves, cond), nn.Linear(cond, cond)
        self.blocks = nn.ModuleList(DitBlock(dim, heads, cond, hidden, glu) for _ in range(depth))
        self.norm = Scale(dim)
        self.modulation = nn.Linear(cond, 2 * dim)
        self.output = nn.Linear(dim, classes)
        self.timed = timed

    def forward(self, tokens, time):
        time = time if self.timed else [0.0 for _ in time]
        c = F.silu(self.time2(F.silu(self.time1(waves(time, self.time1.in_features)))))
        x = self.tokens(tokens)
        for block in self.blocks:
            x = block(x, c)
        shift, scale = self.modulation(c)[:, None].chunk(2, -1)
        return self.output(self.norm(x) * (1 + scale) + shift)


# ------------------------------------------------------------------ U-Net


class Conv(nn.Module):
    def __init__(self, a, b, groups):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(groups, b)

    def forward(self, x):
        return F.mish(self.norm(self.conv(x)))


class Res(nn.Module):
    def __init__(self, a, b, time, groups):
        super().__init__()
        self.time = nn.Linear(time, b)
        self.block1, self.block2 = Conv(a, b, groups), Conv(b, b, groups)
        self.skip = nn.Conv2d(a, b, 1) if a != b else None

    def forward(self, x, t):
        h = self.block2(self.block1(x) + self.time(F.mish(t))[:, :, None, None])
        return h + (x if self.skip is None else self.skip(x))


class Attn(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.qkv = nn.Conv2d(channels, 3 * 128, 1, bias=False)
        self.out = nn.Conv2d(128, channels, 1)
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        batch, _, height, width = x.shape
        q, k, v = self.qkv(x).flatten(2).split(128, dim=1)
        out = []
        for head in range(4):
            cut = slice(head * 32, (head + 1) * 32)
            weights = torch.softmax(k[:, cut], dim=2)
            affinity = torch.einsum("bdm,bdn->bmn", q[:, cut], weights)  # pixel m reads pixel n
            out.append(torch.einsum("bmn,ben->bem", affinity, v[:, cut]))
        return x + self.gate * self.out(torch.cat(out, 1).reshape(batch, 128, height, width))


class Down(nn.Module):
    def __init__(self, a, b, time, groups, last):
        super().__init__()
        self.res1, self.res2, self.attn = Res(a, b, time, groups), Res(b, b, time, groups), Attn(b)
        self.down = None if last else nn.Conv2d(b, b, 3, stride=2, padding=1)


class Up(nn.Module):
    def __init__(self, a, b, time, groups):
        super().__init__()
        self.res1, self.res2, self.attn = Res(2 * a, b, time, groups), Res(b, b, time, groups), Attn(b)
        self.up = nn.ConvTranspose2d(b, b, 4, stride=2, padding=1)


class Unet(nn.Module):
    def __init__(self, classes, inputs, size, dim, multipliers, groups):
        super().__init__()
        widths = [dim] + [m * dim for m in multipliers]
        pairs = list(zip(widths, widths[1:]))
        self.tokens = nn.Embedding(inputs, dim)
        self.time1, self.time2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.downs = nn.ModuleList(Down(a, b, dim, groups, i == len(pairs) - 1) for i, (a, b) in enumerate(pairs))
        self.mid1, self.mid2 = (Res(widths[-1], widths[-1], dim, groups) for _ in range(2))
        self.mid_attn = Attn(widths[-1])
        self.ups = nn.ModuleList(Up(b, a, dim, groups) for a, b in reversed(pairs[1:]))
        self.last = Conv(widths[1], dim, groups)
        self.output = nn.Conv2d(dim, classes, 1)
        self.size, self.dim = size, dim

    def forward(self, tokens, time):
        t = self.time2(F.mish(self.time1(waves(time, self.dim))))
        x = self.tokens(tokens).transpose(1, 2).reshape(len(tokens), self.dim, *self.size)
        kept = []
        for level in self.downs:
            x = level.attn(level.res2(level.res1(x, t), t))
            kept.append(x)
            x = x if level.down is None else level.down(x)
        x = self.mid2(self.mid_attn(self.mid1(x, t)), t)
        for level in self.ups:
            x = level.up(level.attn(level.res2(level.res1(torch.cat([x, kept.pop()], 1), t), t)))
        return self.output(self.last(x)).flatten(2).transpose(1, 2)


def network(model, length, inputs):
    model = model.double()
    fill(model)
    time = [1 / 1024, 1 / 256]  # waves of up to 4000 radians would show the rounding of f32
    logits = model(ids("tokens", (2, length), inputs), time)
    (logits * signed("cotangent.logits", logits.shape)).sum().backward()
    found = {"logits": logits.detach()}
    for name, parameter in model.named_parameters():
        # What is never used has no gradient in either.
        if parameter.grad is not None:
            found[f"grad.{name}"] = parameter.grad
    return found


def main() -> None:
    torch.set_num_threads(1)
    levels = cosine_levels(5)
    alphas = [b / a for a, b in zip(levels, levels[1:])]
    goldens = {
        "terms_uniform": terms([uniform_step(3, a) for a in alphas], 3),
        "terms_direct": terms([uniform_step(3, a) for a in alphas], 3, direct=True),
        "terms_absorbing": terms([mask_step(3, 1 - 1 / (5 - t)) for t in range(5)], 3, masked=True),
        "terms_gaussian": terms([gaussian_step(5, b) for b in (0.1, 0.2, 0.3, 0.4, 0.5)], 5),
        "text": network(Text(5, 6, 8, 4, 12, 2, 3, 2), 8, 6),
        "text_windows": network(Text(5, 5, 8, 2, 8, 2, 2, 1), 8, 5),
        "dit_gelu": network(Dit(5, 6, 12, 2, 3, 6, 8, 24, False, True), 7, 6),
        "dit_glu": network(Dit(5, 6, 12, 2, 3, 6, 8, 24, True, False), 7, 6),
        "unet": network(Unet(5, 5, (4, 8), 8, [1, 2], 2), 32, 5),
    }
    metadata = {"generator": f"xtask/parity/diffusion.py, torch {torch.__version__}, numbers of xtask/parity/hashed.py"}
    for name, tensors in goldens.items():
        tensors = {key: value.to(torch.float32).contiguous() for key, value in tensors.items()}
        save_file(tensors, str(Path(sys.argv[1]) / f"diffusion_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
