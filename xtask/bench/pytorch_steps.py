"""The work of crates/models/benches/steps/heads.rs in PyTorch on the CPU, as one JSON line.

usage: python xtask/bench/pytorch_steps.py [heads|pcmepp|prolip|resnet18] [--repeats N] [--threads N]

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


class Gpo(nn.Module):
    def __init__(self, encoding=32, hidden=32):
        super().__init__()
        self.encoding = encoding
        self.gru = nn.GRU(encoding, hidden, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(hidden, 1, bias=False)

    def forward(self, tokens, lengths):
        batch, width, dim = tokens.shape
        sizes, which = torch.unique(lengths, return_inverse=True)  # weights depend on the length alone
        position = torch.arange(width)[:, None] * 10000 ** (-torch.arange(0, self.encoding, 2) / self.encoding)
        code = torch.stack((position.sin(), position.cos()), 2).flatten(1)[None].expand(len(sizes), -1, -1)
        packed = pack_padded_sequence(code, sizes, batch_first=True, enforce_sorted=False)
        both = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=width)[0]
        mean = (both[..., : both.shape[-1] // 2] + both[..., both.shape[-1] // 2 :]) / 2
        past = torch.arange(width)[None] >= sizes[:, None]
        weights = torch.softmax(self.linear(mean)[..., 0].masked_fill(past, float("-inf")) / 0.1, dim=1)[which]
        past = past[which][:, :, None]
        largest_first = tokens.masked_fill(past, float("-inf")).sort(dim=1, descending=True).values.masked_fill(past, 0)
        return torch.bmm(weights[:, None], largest_first).squeeze(1)


class PcmePpHead(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.mean, self.sigma = nn.Linear(dim, EMBED), nn.Linear(dim, EMBED)
        self.mean_pooling, self.sigma_pooling = Gpo(), Gpo()

    def forward(self, tokens, lengths):
        mean = self.mean_pooling(self.mean(tokens), lengths)
        return mean / (mean.norm(dim=1, keepdim=True) + 1e-8), self.sigma_pooling(self.sigma(tokens), lengths)


def exact_prior(mean, log_var):
    return 0.5 * (log_var.exp() + mean.square() - 1 - log_var)


def pcmepp():
    image_head, text_head = PcmePpHead(768), PcmePpHead(512)
    scale, shift = nn.Parameter(torch.tensor(5.0)), nn.Parameter(torch.tensor(5.0))
    patches, words = torch.randn(BATCH, 50, 768), torch.randn(BATCH, 32, 512)
    image_lengths, text_lengths = torch.full((BATCH,), 50), torch.tensor([8 + row * 7 % 25 for row in range(BATCH)])
    target = torch.eye(BATCH)

    def step():
        image_head.zero_grad(set_to_none=True)
        text_head.zero_grad(set_to_none=True)
        (m1, lv1), (m2, lv2) = image_head(patches, image_lengths), text_head(words, text_lengths)
        square = m1.square().sum(1)[:, None] + m2.square().sum(1)[None] - 2 * m1 @ m2.T
        logits = shift - scale * (square.clamp_min(0) + lv1.exp().sum(1)[:, None] + lv2.exp().sum(1)[None])
        loss = F.binary_cross_entropy_with_logits(logits, target)
        for view in (logits, logits.T):
            found = view.detach()
            relabelled = torch.where(found >= found.diagonal()[:, None], torch.ones(()), target)
            loss = loss + 0.1 * F.binary_cross_entropy_with_logits(view, relabelled)
        loss = loss + 1e-4 * (exact_prior(m1, lv1).mean() + exact_prior(m2, lv2).mean())
        loss.backward()
        return loss.item()

    return step


def prolip():
    heads = nn.ModuleList([nn.Linear(768, EMBED, bias=False), nn.Linear(768, EMBED), nn.Linear(512, EMBED, bias=False), nn.Linear(512, EMBED)])
    log_scale, bias = nn.Parameter(torch.tensor(10.0).log()), nn.Parameter(torch.tensor(-10.0))
    tokens = [torch.randn(BATCH, width) for width in (768, 768, 512, 512)]
    target = torch.eye(BATCH)

    def inclusion(m1, lv1, m2, lv2):
        def measure(m1, lv1, m2, lv2):
            p1, p2 = (-lv1).exp(), (-lv2).exp()
            a, b, c = p1 + p2 / 2, 2 * m1 * p1 + m2 * p2, m1.square() * p1 + m2.square() * p2 / 2
            return -lv1 - lv2 / 2 - torch.log(a) / 2 + b.square() / (4 * a) - c

        return -F.logsigmoid(1000 * (measure(m1, lv1, m2, lv2) - measure(m2, lv2, m1, lv1))).mean()

    def step():
        heads.zero_grad(set_to_none=True)
        out = [head(x) for head, x in zip(heads, tokens)]
        m1, lv1, m2, lv2 = F.normalize(out[0], dim=1), out[1] - 10, F.normalize(out[2], dim=1), out[3] - 10
        similarity = m1 @ m2.T - 0.5 * (lv1.exp().sum(1)[:, None] + lv2.exp().sum(1)[None])
        loss = F.binary_cross_entropy_with_logits(similarity * log_scale.exp() + bias, target)
        loss = loss + 1e-2 * inclusion(m1, lv1, m2, lv2) + 1e-4 * (exact_prior(m1, lv1).mean() + exact_prior(m2, lv2).mean())
        loss.backward()
        return loss.item()

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
    benches = {"heads": heads, "pcmepp": pcmepp, "prolip": prolip, "resnet18": resnet18}
    parser.add_argument("only", nargs="?", choices=list(benches))
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    out = {"library": f"torch {torch.__version__}", "unit": "ms", "threads": arguments.threads}
    for name, make in benches.items():
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
