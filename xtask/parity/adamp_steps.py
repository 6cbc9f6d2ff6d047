"""Goldens of the AdamP optimiser, made with the package of its authors, in f64.

# goldens: crates/train/tests/goldens

    python xtask/parity/adamp_steps.py <output-dir>

Needs torch and adamp 0.3.0. Twenty steps of vectors, matrices and convolution kernels. Gradients come from a seeded
generator; in some cases the part along the weight is taken out of them, per output channel or for the whole tensor, so that
each view of the projection is taken, and in one the view changes from step to step. Starts and gradients are multiples of
1/4096, exact in f32, and written as whole numbers.
"""

import json
import sys
from pathlib import Path

import torch
from adamp import AdamP

SEED, STEPS, UNIT, KEPT = 3, 20, 4096, (1, 2, 5, 10, 20)
USUAL = dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1, delta=0.1, wd_ratio=0.1)
CASES = [
    ((5,), "free", USUAL),
    ((5,), "layer", USUAL),  # vectors are never projected
    ((3, 4), "free", USUAL),
    ((3, 4), "channel", USUAL),
    ((3, 4), "layer", USUAL),
    ((3, 4), "in turn", USUAL),
    ((3, 4), "channel", dict(USUAL, weight_decay=0.5, wd_ratio=0.7, delta=0.05, betas=(0.8, 0.99))),
    ((3, 4), "layer", dict(USUAL, weight_decay=0.0)),
    ((3, 2, 2, 2), "free", USUAL),
    ((3, 2, 2, 2), "channel", USUAL),
    ((3, 2, 2, 2), "layer", USUAL),
]


def gradient(kind, step, weight, generator):
    grad = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
    if kind == "in turn":
        kind = ("free", "channel", "layer")[step % 3]
    if kind == "free":
        grad = 0.3 * grad + 2 * weight  # cosines well above the threshold
    else:
        view = weight.reshape(weight.shape[0], -1) if kind == "channel" else weight.reshape(1, -1)
        flat = grad.reshape(view.shape)
        flat = flat - (flat * view).sum(1, keepdim=True) / (view * view).sum(1, keepdim=True) * view
        grad = flat.reshape(weight.shape)
    return (grad * UNIT).round() / UNIT


def whole(tensor):
    return [int(value) for value in (tensor * UNIT).flatten().tolist()]


def main(out):
    generator = torch.Generator().manual_seed(SEED)
    cases = []
    for shape, kind, settings in CASES:
        start = (torch.randn(shape, generator=generator, dtype=torch.float64) * UNIT / 4).round() / UNIT
        parameter = torch.nn.Parameter(start.clone())
        optimizer = AdamP([parameter], **settings)
        grads, after = [], {}
        for step in range(1, STEPS + 1):
            grad = gradient(kind, step, parameter.detach(), generator)
            parameter.grad = grad.clone()
            optimizer.step()
            grads.append(whole(grad))
            if step in KEPT:
                after[step] = [float(f"{value:.9g}") for value in parameter.detach().flatten().tolist()]
        cases.append(dict(shape=list(shape), kind=kind, settings=settings, start=whole(start), grads=grads, after=after))
    made_by = f"xtask/parity/adamp_steps.py, adamp 0.3.0, torch {torch.__version__}, seed {SEED}"
    (Path(out) / "adamp.json").write_text(json.dumps(dict(made_by=made_by, unit=UNIT, cases=cases)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
