# goldens: crates/models/tests/goldens
"""Goldens of halation-models' BiGRU, PIE mean head and sigma head: a PyTorch module with hashed weights, in f64.

usage: python xtask/parity/text_heads.py <output-dir>      (crates/models/tests/goldens)

Writes pcme_heads_final.safetensors and pcme_heads_legacy.safetensors, f32: text_global, {text,image}_{mean,log_std},
attention weights, and the gradient of every parameter and input for sum(output * hash).
The GRU is torch.nn.GRU on packed sequences; the legacy pooling gathers the padded output at the last word, the final
one takes h_n of both directions.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed  # noqa: E402

WORD, EMBED, CHANNELS, BATCH, WIDTH = 10, 8, 12, 5, 6
LENGTHS = [3, 6, 1, 4, 6]


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.w_1 = nn.Linear(dim, dim // 2, bias=False)
        self.w_2 = nn.Linear(dim // 2, 1, bias=False)

    def forward(self, parts, padding):
        scores = self.w_2(torch.tanh(self.w_1(parts))).squeeze(-1)
        if padding is not None:
            scores = scores.masked_fill(padding, float("-inf"))
        weights = torch.softmax(scores, dim=1)
        return torch.einsum("bt,btd->bd", weights, parts), weights


class MeanHead(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attention = Attention(dim)
        self.fc = nn.Linear(dim, EMBED)
        self.layer_norm = nn.LayerNorm(EMBED)

    def forward(self, whole, parts, padding):
        attended, weights = self.attention(parts, padding)
        out = self.layer_norm(whole + torch.sigmoid(self.fc(attended)))
        return nn.functional.normalize(out, dim=-1), weights


class SigmaHead(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attention = Attention(dim)
        self.fc = nn.Linear(dim, EMBED)

    def forward(self, whole, parts, padding):
        attended, weights = self.attention(parts, padding)
        return self.fc(attended) + whole, weights


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(CHANNELS, EMBED)
        self.mean_head = MeanHead(CHANNELS)
        self.sigma_fc = nn.Linear(CHANNELS, EMBED)
        self.sigma_head = SigmaHead(CHANNELS)

    def forward(self, features):
        pooled = features.mean(dim=(2, 3))
        tokens = features.flatten(2).transpose(1, 2)
        return self.mean_head(self.fc(pooled), tokens, None), self.sigma_head(self.sigma_fc(pooled), tokens, None)


class Text(nn.Module):
    def __init__(self, legacy):
        super().__init__()
        self.legacy = legacy
        self.gru = nn.GRU(WORD, EMBED // 2, bidirectional=True, batch_first=True)
        self.mean_head = MeanHead(WORD)
        self.sigma_gru = nn.GRU(WORD, EMBED // 2, bidirectional=True, batch_first=True)
        self.sigma_head = SigmaHead(WORD)

    def read(self, gru, words, lengths):
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        output, state = gru(packed)
        if not self.legacy:
            return torch.cat([state[0], state[1]], dim=1)
        padded, _ = pad_packed_sequence(output, batch_first=True)
        return padded[torch.arange(len(lengths)), lengths - 1]

    def forward(self, words, lengths):
        padding = torch.arange(words.shape[1])[None, :] >= lengths[:, None]
        whole = self.read(self.gru, words, lengths)
        mean = self.mean_head(whole, words, padding)
        return whole, mean, self.sigma_head(self.read(self.sigma_gru, words, lengths), words, padding)


class Heads(nn.Module):
    def __init__(self, legacy):
        super().__init__()
        self.image = Image()
        self.text = Text(legacy)


def golden(legacy: bool) -> dict:
    model = Heads(legacy).double()
    fill(model)
    features = signed("features", (BATCH, CHANNELS, 2, 3), 1.0).requires_grad_()
    words = signed("words", (BATCH, WIDTH, WORD), 1.0).requires_grad_()
    (image_mean, _), (image_log_std, _) = model.image(features)
    whole, (text_mean, weights), (text_log_std, _) = model.text(words, torch.tensor(LENGTHS))
    outputs = {
        "image_mean": image_mean,
        "image_log_std": image_log_std,
        "text_mean": text_mean,
        "text_log_std": text_log_std,
    }
    sum((value * signed(f"cotangent.{name}", value.shape)).sum() for name, value in outputs.items()).backward()
    out = dict(outputs, text_global=whole, text_attention=weights)
    out |= {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}
    out |= {"grad.features": features.grad, "grad.words": words.grad}
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    metadata = {
        "script": "xtask/parity/text_heads.py",
        "versions": f"torch {torch.__version__}",
        "seed": "hash of (name, index), xtask/parity/hashed.py",
    }
    for name, legacy in [("final", False), ("legacy", True)]:
        save_file(golden(legacy), str(Path(sys.argv[1]) / f"pcme_heads_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
