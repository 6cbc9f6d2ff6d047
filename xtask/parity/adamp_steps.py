"""Goldens of the AdamP optimiser, made with the package of its authors.

    python xtask/parity/adamp_steps.py <output-dir>     (crates/train/tests/goldens)

Needs torch and adamp 0.3.0. Gradients come from a seeded generator; for some parameters the part along the weight is
taken out of them, per output channel or for the whole tensor, so that each branch of the projection is taken.
"""

import json
import sys
from pathlib import Path

import torch
from adamp import AdamP

SEED, STEPS = 3, 4
SETTINGS = dict(lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1, delta=0.1, wd_ratio=0.1)


def gradient(kind, weight, generator):
    grad = torch.randn(weight.shape, generator=generator)
    if kind == "free":
        return grad + 0.5 * weight  # cosines well above the threshold
    view = weight.reshape(weight.shape[0], -1) if kind == "channel" else weight.reshape(1, -1)
    flat = grad.reshape(view.shape)
    flat = flat - (flat * view).sum(1, keepdim=True) / (view * view).sum(1, keepdim=True) * view
    return flat.reshape(weight.shape)


def main(out):
    generator = torch.Generator().manual_seed(SEED)
    cases = []
    for shape, kind in [((4, 6), "free"), ((4, 6), "channel"), ((4, 6), "layer"), ((3, 2, 3, 3), "channel"), ((5,), "free")]:
        parameter = torch.nn.Parameter(torch.randn(shape, generator=generator))
        optimizer = AdamP([parameter], **SETTINGS)
        start, grads, after = parameter.detach().clone(), [], []
        for _ in range(STEPS):
            grad = gradient(kind, parameter.detach(), generator)
            parameter.grad = grad.clone()
            optimizer.step()
            grads.append(grad.flatten().tolist())
            after.append(parameter.detach().flatten().tolist())
        cases.append(dict(shape=list(shape), kind=kind, start=start.flatten().tolist(), grads=grads, after=after))
    made_by = f"xtask/parity/adamp_steps.py, adamp 0.3.0, torch {torch.__version__}, seed {SEED}"
    golden = dict(made_by=made_by, settings={k: v for k, v in SETTINGS.items()}, cases=cases)
    (Path(out) / "adamp.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
