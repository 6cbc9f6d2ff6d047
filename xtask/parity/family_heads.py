# goldens: crates/models/tests/goldens
"""Goldens of halation-models' heads of the PCME family and of the HIB network, by PyTorch in f64 with hashed weights.

usage: python xtask/parity/family_heads.py <output-dir>

Writes one family_<head>.safetensors, f32, for each: every output, and the gradient of every input and parameter for
sum(output * hash). Everything is in the plainest form: one item and one attention head at a time, padding cut off instead
of masked, positions encoded by a loop.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed  # noqa: E402

LENGTHS = [5, 2, 5, 1, 4]


class Gpo(nn.Module):
    def __init__(self, encoding, hidden):
        super().__init__()
        self.encoding, self.hidden = encoding, hidden
        self.gru = nn.GRU(encoding, hidden, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(hidden, 1, bias=False)

    def weights(self, length):
        code = torch.zeros(length, self.encoding, dtype=torch.float64)
        for t in range(length):
            for k in range(self.encoding // 2):
                angle = t / 10000 ** (2 * k / self.encoding)
                code[t, 2 * k], code[t, 2 * k + 1] = math.sin(angle), math.cos(angle)
        both = self.gru(code[None])[0][0]
        mean = 0.5 * (both[:, : self.hidden] + both[:, self.hidden :])
        return torch.softmax(self.linear(mean)[:, 0] / 0.1, dim=0)

    def forward(self, tokens, lengths):
        pooled = []
        for item, length in zip(tokens, lengths):
            largest_first = item[:length].sort(dim=0, descending=True).values
            pooled.append((self.weights(length)[:, None] * largest_first).sum(0))
        return torch.stack(pooled)


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.w_1 = nn.Linear(dim, dim // 2, bias=False)
        self.w_2 = nn.Linear(dim // 2, heads, bias=False)


class SetHead(nn.Module):
    """PVSE's K points."""

    def __init__(self, dim, embed, heads):
        super().__init__()
        self.heads = heads
        self.attention = Attention(dim, heads)
        self.fc = nn.Linear(dim, embed)
        self.layer_norm = nn.LayerNorm(embed)

    def forward(self, whole, parts, lengths):
        points, residuals, attention = [], [], []
        for b, length in enumerate(lengths):
            x = parts[b, :length]
            for k in range(self.heads):
                p = torch.softmax(self.attention.w_2(torch.tanh(self.attention.w_1(x)))[:, k], dim=0)
                q = torch.sigmoid(self.fc((p[:, None] * x).sum(0)))
                points.append(F.normalize(self.layer_norm(whole[b] + q), dim=0))
                residuals.append(q)
                attention.append(F.pad(p, (0, parts.shape[1] - length)))
        shape = (len(lengths), self.heads, -1)
        return [torch.stack(values).reshape(shape) for values in (points, residuals, attention)]


class PcmePp(nn.Module):
    def __init__(self, width, embed, norm):
        super().__init__()
        self.mean = nn.Linear(width, embed)
        self.mean_pooling = Gpo(4, 3)
        self.sigma = nn.Linear(width, embed)
        self.sigma_pooling = Gpo(4, 3)
        self.sigma_norm = nn.LayerNorm(embed) if norm else None

    def forward(self, mean_tokens, sigma_tokens, lengths):
        mean = self.mean_pooling(self.mean(mean_tokens), lengths)
        mean = mean / (mean.pow(2).sum(1, keepdim=True).sqrt() + 1e-8)
        log_var = self.sigma_pooling(self.sigma(sigma_tokens), lengths)
        return mean, log_var if self.sigma_norm is None else self.sigma_norm(log_var)


class ProLip(nn.Module):
    def __init__(self, width, uncertainty_width, embed):
        super().__init__()
        self.mean = nn.Linear(width, embed, bias=False)
        self.log_var = nn.Linear(uncertainty_width, embed)

    def forward(self, class_token, uncertainty_token):
        return F.normalize(self.mean(class_token), dim=1), self.log_var(uncertainty_token)


class MapBlock(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.width, self.heads = width, heads
        self.query, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)  # a softmax over keys would cancel it
        for name in ("mean", "sigma"):
            setattr(self, f"{name}_projection", nn.Linear(width // 2, width))
            setattr(self, f"{name}_norm", nn.LayerNorm(width))
            setattr(self, f"{name}_fc1", nn.Linear(width, hidden))
            setattr(self, f"{name}_fc2", nn.Linear(hidden, width))

    def half(self, x, start):
        size = self.width // 2 // self.heads
        out = []
        for head in range(self.heads):
            window = slice(start + head * size, start + (head + 1) * size)
            q, k, v = (layer(x)[:, window] for layer in (self.query, self.key, self.value))
            out.append(torch.softmax(q @ k.T / math.sqrt(size), dim=1) @ v)
        return torch.cat(out, dim=1)

    def item(self, x):
        mean = self.mean_norm(x + self.mean_projection(self.half(x, 0)))
        mean = mean + self.mean_fc2(F.gelu(self.mean_fc1(mean)))
        sigma = self.sigma_norm(self.sigma_projection(self.half(x, self.width // 2)))
        return mean, self.sigma_fc2(F.gelu(self.sigma_fc1(sigma)))

    def forward(self, tokens, lengths):
        """Tokens past the length are given as zeros in the outputs; the Rust test compares the others."""
        outputs = [self.item(x[:length]) for x, length in zip(tokens, lengths)]
        pad = lambda values, length: F.pad(values, (0, 0, 0, tokens.shape[1] - length))  # noqa: E731
        return [torch.stack([pad(pair[i], n) for pair, n in zip(outputs, lengths)]) for i in range(2)]


class DigitCnn(nn.Module):
    def __init__(self, digits, channels, hidden):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels[0], 5, padding=2)
        self.conv2 = nn.Conv2d(channels[0], channels[1], 5)
        self.fc1 = nn.Linear(channels[1] * 5 * ((14 * digits - 4) // 2), hidden[0])
        self.fc2 = nn.Linear(hidden[0], hidden[1])

    def forward(self, images):
        x = F.max_pool2d(F.relu(self.conv1(images)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))


class Hib(nn.Module):
    def __init__(self, digits, embed, components):
        super().__init__()
        self.components = components
        self.cnn = DigitCnn(digits, (3, 4), (10, 8))
        self.mean = nn.Linear(8, components * embed)
        self.log_std = nn.Linear(8, components * embed)
        if components > 1:
            self.weight = nn.Linear(8, components)

    def forward(self, images):
        x = self.cnn(images)
        if self.components == 1:
            return self.mean(x), self.log_std(x)
        shape = (len(images), self.components, -1)
        return self.mean(x).reshape(shape), self.log_std(x).reshape(shape), self.weight(x)


class Adapter(nn.Module):
    def __init__(self, embed, hidden):
        super().__init__()
        for name in ("trunk", "mean", "scale", "shape"):
            setattr(self, f"{name}_fc1", nn.Linear(embed, hidden))
            setattr(self, f"{name}_fc2", nn.Linear(hidden, embed))

    def mlp(self, name, x):
        return getattr(self, f"{name}_fc2")(F.relu(getattr(self, f"{name}_fc1")(x)))

    def forward(self, embeddings, targets):
        h = embeddings + self.mlp("trunk", embeddings)
        mean = self.mlp("mean", h)
        inverse_scale = F.softplus(self.mlp("scale", h)) + 1e-6
        beta = F.softplus(self.mlp("shape", h)) + 0.1
        nll = ((targets - mean).abs() * inverse_scale) ** beta - beta.log() - inverse_scale.log()
        nll = nll + math.log(2) + torch.lgamma(1 / beta)
        log_var = torch.lgamma(3 / beta) - torch.lgamma(1 / beta) - 2 * inverse_scale.log()
        return mean, inverse_scale, beta, nll.sum(1), log_var


def golden(model, inputs, names, *rest) -> dict:
    model = model.double()
    fill(model)
    inputs = {name: signed(name, shape).requires_grad_() for name, shape in inputs.items()}
    found = model(*inputs.values(), *rest)
    outputs = dict(zip(names, [found] if torch.is_tensor(found) else found, strict=True))
    sum((value * signed(f"cotangent.{name}", value.shape)).sum() for name, value in outputs.items()).backward()
    out = dict(outputs)
    out |= {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}
    out |= {f"grad.{name}": value.grad for name, value in inputs.items()}
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    torch.set_num_threads(1)
    tokens = {"mean_tokens": (5, 5, 7), "sigma_tokens": (5, 5, 7)}
    normal = ["mean", "log_var"]
    goldens = {
        "gpo": golden(Gpo(8, 6), {"tokens": (5, 6, 7)}, ["pooled"], LENGTHS),
        "pie": golden(
            SetHead(10, 8, 3), {"whole": (5, 8), "parts": (5, 6, 10)}, ["points", "residuals", "attention"], LENGTHS
        ),
        "pcmepp": golden(PcmePp(7, 6, False), tokens, normal, LENGTHS),
        "pcmepp_norm": golden(PcmePp(7, 6, True), tokens, normal, LENGTHS),
        "prolip": golden(ProLip(7, 5, 6), {"class_token": (4, 7), "uncertainty_token": (4, 5)}, normal),
        "map": golden(MapBlock(12, 3, 10), {"tokens": (5, 6, 12)}, ["means", "log_stds"], LENGTHS),
        "hib_normal": golden(Hib(3, 3, 1), {"images": (2, 1, 28, 84)}, ["mean", "log_std"]),
        "hib_mixture": golden(Hib(2, 2, 2), {"images": (3, 1, 28, 56)}, ["means", "log_stds", "weights_logits"]),
        "adapter": golden(
            Adapter(6, 5),
            {"embeddings": (4, 6), "targets": (4, 6)},
            ["mean", "inverse_scale", "shape", "nll", "log_var"],
        ),
    }
    # One key: several come in no fixed order, and the files would differ from run to run.
    metadata = {"generator": f"xtask/parity/family_heads.py, torch {torch.__version__}, numbers of xtask/parity/hashed.py"}
    for name, tensors in goldens.items():
        save_file(tensors, str(Path(sys.argv[1]) / f"family_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
