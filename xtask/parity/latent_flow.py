# goldens: crates/models/tests/goldens
"""Goldens of halation-models' latent-flow auto-encoder, by PyTorch in f64 with hashed weights.

usage: python xtask/parity/latent_flow.py <output-dir>

Writes latent_af_af.safetensors and latent_iaf_scf.safetensors, f32: both terms of the bound, latents drawn from the prior, and the gradient of the
noise and of every parameter for sum(term * hash). Time runs step by step, dimensions one at a time, and samples come from the real root of a
cubic.
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from hashed import signed, weight  # noqa: E402

BATCH, LENGTH, CLASSES, DIM, LONGEST, POSITION, HIDDEN, EMBED = 2, 4, 5, 3, 6, 2, 4, 3
FLOW_HIDDEN, FLOW_LAYERS = 6, 2
HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.from_start = nn.Parameter(torch.empty(LONGEST, POSITION))
        self.from_end = nn.Parameter(torch.empty(LONGEST, POSITION))

    def rows(self, length):
        return torch.stack([self.from_start[t] + self.from_end[length - 1 - t] for t in range(length)])


class Layers(nn.Module):
    def __init__(self, coupling):
        super().__init__()
        kept = DIM // 2
        first = (kept if coupling else DIM) + HIDDEN
        last = (DIM - kept if coupling else DIM) * 5
        self.layers = nn.ModuleList([nn.Linear(first, FLOW_HIDDEN), nn.Linear(FLOW_HIDDEN, last)])
        self.coupling = coupling

    def raw_of(self, index, z, context):
        """The five raw numbers of dimension `index` of one latent `[D]`."""
        kept = DIM // 2
        one, two = self.layers
        if self.coupling:
            hidden = torch.relu(one(torch.cat([z[:kept], context])))
            return two(hidden)[(index - kept) * 5 : (index - kept + 1) * 5]
        units = []
        for unit in range(FLOW_HIDDEN):
            seen = unit % DIM  # dimensions below this
            total = one.bias[unit] + (one.weight[unit, DIM:] * context).sum()
            for j in range(seen):
                total = total + one.weight[unit, j] * z[j]
            units.append(torch.relu(total))
        outputs = []
        for p in range(5):
            total = two.bias[index * 5 + p]
            for unit in range(FLOW_HIDDEN):
                if unit % DIM <= index:
                    total = total + two.weight[index * 5 + p, unit] * units[unit]
            outputs.append(total)
        return torch.stack(outputs)

    def moved(self):
        return range(DIM // 2 if self.coupling else 0, DIM)


def bend(raw):
    log_b, log_d = 0.4 * raw[1], 0.4 * raw[3]
    c = torch.tanh(0.3 * raw[2]) * (8 * math.sqrt(3) / 9 - 0.05) * torch.exp(log_b - log_d)
    return raw[0], torch.exp(log_b), c, torch.exp(log_d), raw[4]


def to_base(layer, z, context):
    e, log_det = list(z), 0.0
    for i in layer.moved():
        a, b, c, d, f = bend(layer.raw_of(i, z, context))
        width = 1 / (1 + (d * z[i] + f) ** 2)
        e[i] = a + b * z[i] + c * width
        log_det = log_det + torch.log(b - 2 * c * d * (d * z[i] + f) * width**2)
    return torch.stack(e), log_det


def to_latent(layer, e, context):
    z = e.clone()
    for i in layer.moved():
        a, b, c, d, f = (value.item() for value in bend(layer.raw_of(i, z, context)))
        shifted = e[i].item() - a
        # (b y - shifted) (1 + (d y + f)^2) + c = 0
        square = np.array([d * d, 2 * d * f, 1 + f * f])
        cubic = np.polyadd(np.polymul([b, -shifted], square), [c])
        roots = np.roots(cubic)
        z[i] = float(roots[np.argmin(np.abs(roots.imag))].real)
    return z


class Prior(nn.Module):
    def __init__(self, inverse, coupling):
        super().__init__()
        self.positions = Positions()
        self.input = nn.Linear(DIM + POSITION, HIDDEN)
        self.lstm = nn.LSTM(HIDDEN, HIDDEN, 2, batch_first=True)
        self.flows = nn.ModuleList([Layers(coupling) for _ in range(FLOW_LAYERS)])
        self.inverse = inverse

    def stack(self, z, context):
        total = 0.0
        for layer in self.flows:
            z, log_det = to_base(layer, z, context)
            z, total = z.flip(0), total + log_det
        return z, total

    def unstack(self, e, context):
        for layer in reversed(self.flows):
            e = to_latent(layer, e.flip(0), context)
        return e

    def run(self, given, back):
        """One sequence [L, D] step by step; `back` from base to latents."""
        positions, rows, mapped, seen, total = self.positions.rows(len(given)), [], [], [], 0.0
        for t in range(len(given)):
            before = seen[-1] if seen else torch.zeros(DIM, dtype=torch.float64)
            rows.append(self.input(torch.cat([before, positions[t]])))
            context = self.lstm(torch.stack(rows)[None])[0][0, -1]
            if back:
                new = self.unstack(given[t], context)
            else:
                new, log_det = self.stack(given[t], context)
                total = total + log_det
            mapped.append(new)
            z, e = (new, given[t]) if back else (given[t], new)
            seen.append(e if self.inverse else z)
        return torch.stack(mapped), total

    def log_prob(self, z):
        e, log_det = self.run(z, back=False)
        return (-0.5 * e**2 - HALF_LOG_TAU).sum() + log_det


class Vae(nn.Module):
    def __init__(self, inverse, coupling):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, EMBED)
        self.positions = Positions()
        self.encoder = nn.LSTM(EMBED + POSITION, HIDDEN, 1, bidirectional=True, batch_first=True)
        self.posterior = nn.Linear(2 * HIDDEN, 2 * DIM)
        self.prior = Prior(inverse, coupling)
        self.decoder = nn.LSTM(DIM + POSITION, HIDDEN, 1, bidirectional=True, batch_first=True)
        self.output = nn.Linear(DIM + 2 * HIDDEN, CLASSES)

    def forward(self, ids, noise):
        length = len(ids)
        x = torch.cat([self.embedding(ids), self.positions.rows(length)], 1)
        mean, log_std = self.posterior(self.encoder(x[None])[0][0]).chunk(2, dim=1)
        z = mean + log_std.exp() * noise
        log_q = (-0.5 * noise**2 - HALF_LOG_TAU - log_std).sum()
        states = self.decoder(torch.cat([z, self.positions.rows(length)], 1)[None])[0][0]
        zero = torch.zeros(HIDDEN, dtype=torch.float64)
        log_likelihood = 0.0
        for t in range(length):
            before = states[t - 1, :HIDDEN] if t else zero
            after = states[t + 1, HIDDEN:] if t + 1 < length else zero
            logits = self.output(torch.cat([z[t], before, after]))
            log_likelihood = log_likelihood + F.log_softmax(logits, 0)[ids[t]]
        return log_likelihood, log_q - self.prior.log_prob(z)


def rust_name(name):
    """nn.LSTM's names as the Rust tree has them: `lstm.weight_ih_l0_reverse` is `lstm.layers.0.back.weight_ih`."""
    head, _, last = name.rpartition(".")
    if last.startswith(("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l")):
        direction = "back" if last.endswith("_reverse") else "ahead"
        kind, _, layer = last.removesuffix("_reverse").rpartition("_l")
        return f"{head}.layers.{layer}.{direction}.{kind}"
    return name


def golden(inverse, coupling):
    model = Vae(inverse, coupling).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(rust_name(name), parameter.shape))
    ids = torch.tensor([[(3 * b + 2 * t + b * t) % CLASSES for t in range(LENGTH)] for b in range(BATCH)])
    noise = signed("noise", (BATCH, LENGTH, DIM), 2.0).requires_grad_()
    terms = [model(ids[b], noise[b]) for b in range(BATCH)]
    out = {"log_likelihood": torch.stack([t[0] for t in terms]), "kl": torch.stack([t[1] for t in terms])}
    sum((value * signed(f"cotangent.{name}", value.shape)).sum() for name, value in out.items()).backward()
    out |= {f"grad.{rust_name(name)}": parameter.grad for name, parameter in model.named_parameters()}
    out["grad.noise"] = noise.grad
    with torch.no_grad():
        base = signed("base", (BATCH, LENGTH, DIM), 2.0)
        out["sample"] = torch.stack([model.prior.run(base[b], back=True)[0] for b in range(BATCH)])
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    torch.set_num_threads(1)
    metadata = {"generator": f"xtask/parity/latent_flow.py, torch {torch.__version__}, numbers of xtask/parity/hashed.py"}
    for name, inverse, coupling in [("af_af", False, False), ("iaf_scf", True, True)]:
        save_file(golden(inverse, coupling), str(Path(sys.argv[1]) / f"latent_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
