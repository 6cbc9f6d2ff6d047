"""Goldens of the Adamax optimiser, made with torch.optim.Adamax, in f64.

# goldens: crates/train/tests/goldens

    python xtask/parity/adamax_steps.py <output-dir>

Twenty steps of a vector and a matrix. Starts and gradients are multiples of 1/4096, exact in f32, and written as whole numbers.
"""

import json
import sys
from pathlib import Path

import torch

SEED, STEPS, UNIT = 5, 20, 4096
CASES = [
    ((5,), dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)),
    ((3, 4), dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
]


def whole(tensor):
    return [int(value) for value in (tensor * UNIT).flatten().tolist()]


def main(out):
    generator = torch.Generator().manual_seed(SEED)
    draw = lambda shape: (torch.randn(shape, generator=generator, dtype=torch.float64) * UNIT / 4).round() / UNIT
    cases = []
    for shape, settings in CASES:
        parameter = torch.nn.Parameter(draw(shape))
        start = whole(parameter.detach())
        optimizer = torch.optim.Adamax([parameter], **settings)
        grads = []
        for step in range(STEPS):
            # Gradients that shrink by turns: the infinity norm then remembers the large ones.
            grad = (draw(shape) * (1.0 if step % 3 == 0 else 0.125) * UNIT).round() / UNIT
            parameter.grad = grad.clone()
            optimizer.step()
            grads.append(whole(grad))
        after = [float(f"{value:.9g}") for value in parameter.detach().flatten().tolist()]
        cases.append(dict(shape=list(shape), settings=settings, start=start, grads=grads, after=after))
    made_by = f"xtask/parity/adamax_steps.py, torch {torch.__version__}, seed {SEED}"
    (Path(out) / "adamax.json").write_text(json.dumps(dict(made_by=made_by, unit=UNIT, cases=cases)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
