# goldens: crates/models/tests/goldens
"""Names and shapes of torchvision's residual networks, for halation-models' key map.

usage: python xtask/parity/resnet_keys.py <output-dir>      (crates/models/tests/goldens)

Writes resnet_keys.txt: a `# network` line, then one `name shape` line for each tensor, `num_batches_tracked` left out.
"""

import sys
from pathlib import Path

import torch
import torchvision


def main() -> None:
    lines = [f"# xtask/parity/resnet_keys.py, torch {torch.__version__}, torchvision {torchvision.__version__}"]
    for depth in (18, 34, 50, 101, 152):
        with torch.device("meta"):
            net = getattr(torchvision.models, f"resnet{depth}")(weights=None)
        lines.append(f"# resnet{depth}")
        for name, tensor in sorted(net.state_dict().items()):
            if not name.endswith("num_batches_tracked"):
                lines.append(f"{name} {'x'.join(str(side) for side in tensor.shape)}")
    (Path(sys.argv[1]) / "resnet_keys.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
