# goldens: crates/core/tests/goldens
"""Reference values of the losses and divergences of halation-core, by PyTorch in float64 with its autograd.

Usage: python xtask/parity/pcme_loss.py <output-dir>     writes <output-dir>/pcme_loss.json

Every formula is written in the plainest form: explicit differences instead of matrix products, the exponentials of the paper's code instead of
log-sigmoid, torch.distributions where it has the quantity. Inputs are rounded to float32 first, so that both sides start from the same numbers.
"""

import json
import math
import platform
import sys
from pathlib import Path

import torch
from torch.distributions import Independent, Normal, kl_divergence

SEED = 20210


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64).float().double()


def pair_nll(x, y, a, b, gain, match):
    """PCME's criterion: log J^2 - LSE(m s - LSE(s, -s)), s = b - a dist; gain 1 halves s, which turns sigmoid(2 s) into sigmoid(s)."""
    distance = torch.sqrt(((x[:, None, :, None, :] - y[None, :, None, :, :]) ** 2).sum(-1) + 1e-6)  # N M J K
    s = (b - a * distance) * gain / 2
    normaliser = torch.logsumexp(torch.stack([s, -s]), dim=0)
    count = math.log(x.shape[1] * y.shape[1])
    positive = count - torch.logsumexp((s - normaliser).flatten(2), dim=2)
    negative = count - torch.logsumexp((-s - normaliser).flatten(2), dim=2)
    return match * positive + (1 - match) * negative


def soft_contrastive(generator, name, n, m, j, k, d, a, b, gain, match, spread):
    x = (draw(generator, n, j, d) * spread).float().double().requires_grad_()
    y = (draw(generator, m, k, d) * spread).float().double().requires_grad_()
    a = torch.tensor([a], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([b], dtype=torch.float64, requires_grad=True)
    match = torch.tensor(match, dtype=torch.float64)
    nll = pair_nll(x, y, a, b, gain, match)
    loss = 2 * nll.sum()
    loss.backward()
    return {
        "name": name, "logit_gain": gain,
        "negative_scale": a.item(), "shift": b.item(),
        "rows": tensor(x), "columns": tensor(y), "matches": tensor(match),
        "nll": tensor(nll), "loss": loss.item(),
        "grad_rows": tensor(x.grad), "grad_columns": tensor(y.grad),
        "grad_negative_scale": a.grad.item(), "grad_shift": b.grad.item(),
    }


def info_nce(generator):
    x = draw(generator, 4, 6).requires_grad_()
    y = draw(generator, 5, 6).requires_grad_()
    scale = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    match = torch.tensor([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]], dtype=torch.float64)
    logits = scale * torch.nn.functional.cosine_similarity(x[:, None], y[None], dim=2)

    def direction(logits, match):
        total, rows = 0, logits.shape[0]
        for i in range(rows):
            if match[i].sum() > 0:
                total = total + torch.nn.functional.cross_entropy(logits[i], match[i] / match[i].sum())
        return total / rows

    loss = (direction(logits, match) + direction(logits.T, match.T)) / 2
    loss.backward()
    return {
        "rows": tensor(x), "columns": tensor(y), "matches": tensor(match), "logit_scale": 3.0, "loss": loss.item(),
        "grad_rows": tensor(x.grad), "grad_columns": tensor(y.grad), "grad_logit_scale": scale.grad.item(),
    }


def uniformity(generator):
    x = draw(generator, 7, 5).requires_grad_()
    loss = torch.pdist(x).pow(2).mul(-2).exp().mean().log()
    loss.backward()
    return {"rows": tensor(x), "loss": loss.item(), "grad_rows": tensor(x.grad)}


def distributions(generator):
    """Three queries, four gallery items: torch.distributions for what it has."""
    mean1, ls1 = draw(generator, 3, 5), (draw(generator, 3, 5) * 0.5 - 1).float().double()
    mean2, ls2 = draw(generator, 4, 5), (draw(generator, 4, 5) * 0.5 - 1).float().double()
    points = draw(generator, 3, 5)
    one, two = Independent(Normal(mean1, ls1.exp()), 1), Independent(Normal(mean2, ls2.exp()), 1)

    def pairwise(f):
        rows = [
            [f(Independent(Normal(m1, s1), 1), Independent(Normal(m2, s2), 1)) for m2, s2 in zip(mean2, ls2.exp())]
            for m1, s1 in zip(mean1, ls1.exp())
        ]
        return tensor(torch.tensor(rows, dtype=torch.float64))

    def elk(p, q):  # the density of the difference of two samples at zero
        return Independent(Normal(p.mean - q.mean, (p.variance + q.variance).sqrt()), 1).log_prob(torch.zeros(5, dtype=torch.float64)).item()

    ls_grad = ls1.clone().requires_grad_()
    mean_grad = mean1.clone().requires_grad_()
    posterior = Independent(Normal(mean_grad, ls_grad.exp()), 1)
    prior = Independent(Normal(torch.zeros(5, dtype=torch.float64), torch.ones(5, dtype=torch.float64)), 1)
    kl_prior = kl_divergence(posterior, prior)
    kl_prior.sum().backward()
    return {
        "mean1": tensor(mean1), "log_std1": tensor(ls1), "mean2": tensor(mean2), "log_std2": tensor(ls2), "points": tensor(points),
        "log_prob": tensor(one.log_prob(points)), "entropy": tensor(one.entropy()), "kl_standard": tensor(kl_prior),
        "grad_kl_standard_mean": tensor(mean_grad.grad), "grad_kl_standard_log_std": tensor(ls_grad.grad),
        "pairwise": {
            "kl": pairwise(lambda p, q: kl_divergence(p, q).item()),
            "reverse-kl": pairwise(lambda p, q: kl_divergence(q, p).item()),
            "jeffreys": pairwise(lambda p, q: (kl_divergence(p, q) + kl_divergence(q, p)).item()),
            "elk": pairwise(elk),
        },
    }


def tensor(value):
    return {"shape": list(value.shape), "values": value.detach().flatten().tolist()}


def main():
    generator = torch.Generator().manual_seed(SEED)
    identity = torch.eye(4).tolist()
    several = [[1, 0, 1, 0, 0, 0], [1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0]]
    soft = [[0.9999, 0.0001, 0.3], [0.25, 0.5, 1.0]]
    golden = {
        "generator": {
            "script": "xtask/parity/pcme_loss.py", "seed": SEED, "torch": torch.__version__, "python": platform.python_version(),
        },
        "soft_contrastive": [
            soft_contrastive(generator, "COCO start, identity", 4, 4, 3, 3, 8, 15.0, 15.0, 2, identity, 0.3),
            soft_contrastive(generator, "CUB start, several positives", 5, 6, 2, 4, 6, 5.0, 5.0, 2, several, 0.5),
            soft_contrastive(generator, "gain of the paper", 5, 6, 3, 3, 6, 5.0, 5.0, 1, several, 0.5),
            soft_contrastive(generator, "soft matches", 2, 3, 3, 2, 4, 2.0, 1.5, 2, soft, 0.5),
            soft_contrastive(generator, "points", 4, 4, 1, 1, 6, 5.0, 5.0, 2, identity, 0.5),
            soft_contrastive(generator, "negative scale crossed zero", 4, 4, 2, 2, 6, -1.0, 0.5, 2, identity, 0.5),
        ],
        "info_nce": info_nce(generator),
        "uniformity": uniformity(generator),
        "distributions": distributions(generator),
    }
    target = Path(sys.argv[1]) / "pcme_loss.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
