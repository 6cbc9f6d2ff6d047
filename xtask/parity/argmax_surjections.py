# goldens: crates/models/tests/goldens
"""Goldens of halation-models' surjections between categories and numbers, by PyTorch in f64 with hashed weights.

usage: python xtask/parity/argmax_surjections.py <output-dir>

Writes one surjection_<name>.safetensors, f32, for each: the points, their log-density, and the gradient of the noise and of every
parameter for sum(output * hash). Everything is in the plainest form: one position and one digit at a time, truncated Gumbel densities as they
are defined.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed, uniform, weight  # noqa: E402

BATCH, LENGTH, CLASSES = 3, 5, 6
HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 5)
        self.lstm = nn.LSTM(5, 4, bidirectional=True, batch_first=True)
        self.output = nn.Linear(8, 3)

    def forward(self, ids):
        return self.output(self.lstm(self.embedding(ids))[0])


class Position(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 5)
        self.hidden = nn.ModuleList([nn.Linear(5, 4)])
        self.output = nn.Linear(4, 3)

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.hidden:
            x = F.gelu(layer(x))
        return self.output(x)


class Network(nn.Module):
    def __init__(self, context, outputs):
        super().__init__()
        self.context = context
        self.projection = nn.Linear(3, outputs)


def rust_name(name):
    """nn.LSTM's names as the Rust tree has them: `lstm.weight_ih_l0_reverse` is `lstm.layers.0.back.weight_ih`."""
    head, dot, last = name.rpartition(".")
    if not head.endswith("lstm"):
        return name
    direction = "back" if last.endswith("_reverse") else "ahead"
    kind, _, layer = last.removesuffix("_reverse").rpartition("_l")
    return f"{head}.layers.{layer}.{direction}.{kind}"


def fill_as_rust(module):
    fill(module)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(weight(rust_name(name), parameter.shape))


def digits_of(class_id, base, count):
    return [class_id // base ** (count - 1 - j) % base for j in range(count)]


def normal(mean, log_std, noise):
    log_q = -0.5 * noise**2 - HALF_LOG_TAU - log_std
    return mean + log_std.exp() * noise, log_q.sum()


def gumbel_log_density(g, phi):
    return phi - g - torch.exp(phi - g)


def gumbel(digit, phi, u):
    """A draw given its argmax, and its log-density by definition."""
    top = torch.logsumexp(phi, 0)
    largest = top - torch.log(-torch.log(u[digit]))
    v, log_q = [], gumbel_log_density(largest, top)
    for k in range(len(phi)):
        if k == digit:
            v.append(largest)
        else:
            g = phi[k] - torch.logaddexp(phi[k] - largest, torch.log(-torch.log(u[k])))
            log_q = log_q + gumbel_log_density(g, phi[k]) + torch.exp(phi[k] - largest)
            v.append(g)
    return torch.stack(v), log_q


def one(method, digit, parameters, noise):
    """One digit of one position: numbers and log-density."""
    m = len(noise)
    if method == "gumbel":
        return gumbel(digit, parameters[0], noise)
    if method == "uniform":
        return F.one_hot(torch.tensor(digit), m) + noise - 0.5, torch.zeros((), dtype=torch.float64)
    u, log_q = normal(parameters[0], parameters[1], noise)
    if method == "sign":
        return (2 * digit - 1) * F.softplus(u), log_q - F.logsigmoid(u).sum()
    if method == "softplus_threshold":
        threshold = u[digit]
        v = [u[k] if k == digit else threshold - F.softplus(threshold - u[k]) for k in range(m)]
        volume = sum(F.logsigmoid(threshold - u[k]) for k in range(m) if k != digit)
        return torch.stack(v), log_q - volume
    slope = (F.logsigmoid(u) + F.logsigmoid(-u)).sum()
    if method == "gumbel_threshold":
        v, terms = gumbel(digit, parameters[2], torch.sigmoid(u))
        return v, log_q - slope + terms
    assert method == "variational"
    return F.one_hot(torch.tensor(digit), m) + torch.sigmoid(u) - 0.5, log_q - slope


def golden(method, context, base, count):
    values = 1 if method == "sign" else base
    width = values * count
    parameters = {"uniform": 0, "gumbel": 1, "gumbel_threshold": 3}.get(method, 2)
    root = nn.Module()
    if parameters:
        root.network = Network(context(), parameters * width)
        root.double()
        fill_as_rust(root)
    ids = torch.tensor([[(7 * b + 5 * l + b * l) % CLASSES for l in range(LENGTH)] for b in range(BATCH)])
    shape = (BATCH, LENGTH, width)
    if method in ("uniform", "gumbel"):
        noise = torch.from_numpy(uniform("noise", math.prod(shape))).reshape(shape)
    else:
        noise = signed("noise", shape, 2.0)
    noise.requires_grad_()
    given = root.network.projection(root.network.context(ids)) if parameters else None
    points, log_q = [], []
    for b in range(BATCH):
        total = 0.0
        for l in range(LENGTH):
            for j, digit in enumerate(digits_of(int(ids[b, l]), base, count)):
                window = slice(j * values, (j + 1) * values)
                blocks = [given[b, l, n * width : (n + 1) * width][window] for n in range(parameters)]
                v, terms = one(method, digit, blocks, noise[b, l, window])
                points.append(v)
                total = total + terms
        log_q.append(total)
    out = {"v": torch.cat([p.reshape(-1) for p in points]).reshape(shape), "log_q": torch.stack(log_q)}
    sum((value * signed(f"cotangent.{name}", value.shape)).sum() for name, value in out.items()).backward()
    out |= {f"grad.{rust_name(name)}": parameter.grad for name, parameter in root.named_parameters()}
    out["grad.noise"] = noise.grad
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    torch.set_num_threads(1)
    goldens = {
        "sign": golden("sign", Recurrent, 2, 3),
        "sign_position": golden("sign", Position, 2, 3),
        "softplus_threshold": golden("softplus_threshold", Position, 6, 1),
        "softplus_threshold_base3": golden("softplus_threshold", Recurrent, 3, 2),
        "gumbel": golden("gumbel", Position, 6, 1),
        "gumbel_threshold": golden("gumbel_threshold", Recurrent, 3, 2),
        "uniform": golden("uniform", None, 6, 1),
        "variational": golden("variational", Position, 6, 1),
    }
    metadata = {"generator": f"xtask/parity/argmax_surjections.py, torch {torch.__version__}, numbers of xtask/parity/hashed.py"}
    for name, tensors in goldens.items():
        save_file(tensors, str(Path(sys.argv[1]) / f"surjection_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
