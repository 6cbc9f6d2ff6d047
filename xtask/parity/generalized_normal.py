# goldens: crates/core/tests/goldens
"""Goldens of halation-core's gamma function and generalised normal distribution: SciPy's values, PyTorch's gradients, f64.

usage: python xtask/parity/generalized_normal.py <output-dir>     writes generalized_normal.json

ln_gamma and digamma by scipy.special; density, variance and entropy by scipy.stats.gennorm; gradients of the negative
log-likelihood by the autograd of its plain formula. Inputs are rounded to float32 first.
"""

import json
import math
import platform
import sys
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.special import digamma, gammaln
from scipy.stats import gennorm

sys.path.insert(0, str(Path(__file__).parent))
from hashed import signed  # noqa: E402

POINTS = [1e-4, 0.01, 0.1, 1 / 3, 0.5, 0.99, 1.0, 1.4616321, 2.0, 2.5, 3.0, 5.0, 10.0, 30.0, 100.0, 1e4, 1e6]
N, D = 3, 5


def array(value):
    value = torch.as_tensor(value)
    return {"shape": list(value.shape), "values": value.detach().flatten().tolist()}


def single(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def nll(mean, inverse_scale, beta, targets):
    power = ((targets - mean).abs() * inverse_scale) ** beta
    return (power - beta.log() - inverse_scale.log() + math.log(2) + torch.lgamma(1 / beta)).sum(1)


def draw(name):
    """Mean, inverse scale in (0.2, 4) and shape in (0.3, 6) of one modality."""
    positive = lambda key, low, high: single(low * (high / low) ** ((1 + signed(f"{name}.{key}", (N, D))) / 2))  # noqa: E731
    mean = signed(f"{name}.mean", (N, D)).numpy()
    return [torch.tensor(v, requires_grad=True) for v in (mean, positive("scale", 0.2, 4.0), positive("shape", 0.3, 6.0))]


def main() -> None:
    points = single(POINTS)
    first, second = draw("first"), draw("second")
    x, y = (signed(name, (N, D)).requires_grad_() for name in ("x", "y"))
    mean, inverse_scale, beta = (value.detach().numpy() for value in first)
    reference = gennorm(beta, loc=mean, scale=1 / inverse_scale)

    weight = 1e-4
    own, cross = nll(*first, x) + nll(*second, y), nll(*first, y) + nll(*second, x)
    loss = (own + 0.3 * cross).sum()
    loss.backward()
    keys = ("mean", "inverse_scale", "shape")
    golden = {
        "generator": {
            "script": "xtask/parity/generalized_normal.py", "seed": "xtask/parity/hashed.py", "scipy": scipy.__version__,
            "torch": torch.__version__, "python": platform.python_version(),
        },
        "points": points.tolist(), "ln_gamma": gammaln(points).tolist(), "digamma": digamma(points).tolist(),
        "x": array(x), "y": array(y),
        "first": {key: array(value) for key, value in zip(keys, first)},
        "second": {key: array(value) for key, value in zip(keys, second)},
        "log_prob": reference.logpdf(x.detach().numpy()).sum(1).tolist(),
        "entropy": reference.entropy().sum(1).tolist(),
        "variance": array(reference.var()),
        "nll_of_first": nll(*first, x).sum().item(),
        "mean_with_published_weight": ((own + weight * cross).sum() / (N * D)).item(),
        "loss": loss.item(),
        "grad_first": {key: array(value.grad) for key, value in zip(keys, first)},
        "grad_second": {key: array(value.grad) for key, value in zip(keys, second)},
        "grad_x": array(x.grad), "grad_y": array(y.grad),
    }
    target = Path(sys.argv[1]) / "generalized_normal.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
