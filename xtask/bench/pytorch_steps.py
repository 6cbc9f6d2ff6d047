"""The work of crates/models/benches/steps.rs in PyTorch on the CPU, as one JSON line.

usage: python xtask/bench/pytorch_steps.py [heads|resnet18] [--repeats N] [--threads N]

The loss uses the same Gram form as ours: the published code's [B, B, J, J, D] tensor would need 3 GiB and lose by far.
"""

import argparse
import json
import statistics
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

BATCH, SAMPLES, EMBED, CHANNELS, WORD, WIDTH = 128, 7, 1024, 2048, 300, 16


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.w_1 = nn.Linear(dim, dim // 2, bias=False)
        self.w_2 = nn.Linear(dim // 2, 1, bias=False)

    def forward(self, parts, padding):
        scores = self.w_2(torch.tanh(self.w_1(parts)))
        if padding is not None:
            scores = scores.masked_fill(padding[:, :, None], float("-inf"))
        return torch.bmm(torch.softmax(scores, dim=1).transpose(1, 2), parts).squeeze(1)


class MeanHead(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attention, self.fc, self.norm = Attention(dim), nn.Linear(dim, EMBED), nn.LayerNorm(EMBED)

    def forward(self, whole, parts, padding):
        out = self.norm(whole + torch.sigmoid(self.fc(self.attention(parts, padding))))
        return F.normalize(out, dim=-1)


class SigmaHead(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attention, self.fc = Attention(dim), nn.Linear(dim, EMBED)

    def forward(self, whole, parts, padding):
        return self.fc(self.attention(parts, padding)) + whole


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.sigma_fc = nn.Linear(CHANNELS, EMBED), nn.Linear(CHANNELS, EMBED)
        self.image_mean, self.image_sigma = MeanHead(CHANNELS), SigmaHead(CHANNELS)
        self.gru = nn.GRU(WORD, EMBED // 2, bidirectional=True, batch_first=True)
        self.sigma_gru = nn.GRU(WORD, EMBED // 2, bidirectional=True, batch_first=True)
        self.text_mean, self.text_sigma = MeanHead(WORD), SigmaHead(WORD)
        self.scale, self.shift = nn.Parameter(torch.tensor(15.0)), nn.Parameter(torch.tensor(15.0))

    def forward(self, features, words, lengths, padding):
        pooled = features.mean(dim=(2, 3))
        tokens = features.flatten(2).transpose(1, 2).contiguous()
        image = self.image_mean(self.fc(pooled), tokens, None), self.image_sigma(self.sigma_fc(pooled), tokens, None)
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        read = lambda gru: torch.cat(tuple(gru(packed)[1]), dim=1)  # noqa: E731
        text = (
            self.text_mean(read(self.gru), words, padding),
            self.text_sigma(read(self.sigma_gru), words, padding),
        )
        return image, text

    def loss(self, image, text):
        sample = lambda m, s: m[:, None] + s.exp()[:, None] * torch.randn(BATCH, SAMPLES, EMBED)  # noqa: E731
        v, t = sample(*image).flatten(0, 1), sample(*text).flatten(0, 1)
        square = v.square().sum(1)[:, None] + t.square().sum(1)[None] - 2 * v @ t.T
        logits = 2 * (self.shift - self.scale * (square.clamp_min(0) + 1e-6).sqrt())
        logits = logits.view(BATCH, SAMPLES, BATCH, SAMPLES)
        sign = (2 * torch.eye(BATCH) - 1)[:, None, :, None]
        nll = 2 * torch.log(torch.tensor(float(SAMPLES))) - torch.logsumexp(F.logsigmoid(sign * logits), dim=(1, 3))
        prior = sum(0.5 * ((2 * s).exp() + m.square() - 1 - 2 * s).sum() for m, s in (image, text))
        return 2 * nll.sum() + 1e-5 * prior


def heads():
    model = Heads()
    features, words = torch.rand(BATCH, CHANNELS, 7, 7), 0.4 * torch.randn(BATCH, WIDTH, WORD)
    lengths = torch.tensor([8 + row * 5 % 9 for row in range(BATCH)])
    padding = torch.arange(WIDTH)[None] >= lengths[:, None]

    def step():
        model.zero_grad(set_to_none=True)
        total = model.loss(*model(features, words, lengths, padding))
        total.backward()
        return total.item()

    return step


def resnet18():
    model = torchvision.models.resnet18(weights=None).train()
    images, labels = torch.randn(16, 3, 64, 64), torch.arange(16)

    def step():
        model.zero_grad(set_to_none=True)
        total = F.cross_entropy(model(images), labels)
        total.backward()
        return total.item()

    return step


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="?", choices=["heads", "resnet18"])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    out = {"library": f"torch {torch.__version__}", "unit": "ms", "threads": arguments.threads}
    for name, make in [("heads", heads), ("resnet18", resnet18)]:
        if arguments.only not in (None, name):
            continue
        step, times = make(), []
        for _ in range(arguments.repeats + 2):
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1e3)
        times = sorted(times[2:])
        out[name] = {k: round(v, 1) for k, v in zip(("min", "median", "max"), (times[0], statistics.median(times), times[-1]))}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
