"""Weights and inputs that Rust and Python draw alike: an integer hash of (name, index), scaled by the layer's fan-in.

u(name, i) = splitmix64(fnv1a64(name) + i) >> 40, over 2^24: exact in f32, in [0, 1). The Rust twin is
crates/models/tests/common/hashed.rs.
"""

import numpy as np
import torch

MASK = (1 << 64) - 1


def uniform(name: str, count: int) -> np.ndarray:
    """`count` numbers in [0, 1), f64 but exact in f32."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / float(1 << 24)


def signed(name: str, shape, scale: float = 1.0) -> torch.Tensor:
    """Numbers in [-scale, scale), rounded to f32 and returned in f64."""
    count = int(np.prod(shape))
    values = (2.0 * uniform(name, count) - 1.0) * scale
    return torch.from_numpy(values.astype(np.float32).astype(np.float64)).reshape(tuple(shape))


def weight(name: str, shape) -> torch.Tensor:
    """The value of a parameter or buffer, by its name and shape (PyTorch's layout)."""
    last = name.rsplit(".", 1)[-1]
    if last == "running_var":
        return 1.0 + 0.5 * signed(name, shape)
    if last == "running_mean":
        return signed(name, shape, 0.25)
    if name.endswith("bn3.weight"):  # a small last norm keeps 50 residual blocks well conditioned in train mode
        return 0.2 + signed(name, shape, 0.1)
    if len(shape) == 1:
        return (1.0 if last == "weight" else 0.0) + signed(name, shape, 0.25)
    fan_in = int(np.prod(shape[1:]))
    return signed(name, shape, float(np.sqrt(3.0 / fan_in)))


def fill(module: torch.nn.Module) -> None:
    """Overwrites every parameter and buffer but `num_batches_tracked`."""
    state = module.state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(weight(name, tensor.shape))
