# goldens: crates/models/tests/goldens
"""Goldens of halation-models' ResNet: torchvision networks with hashed weights, evaluated in f64.

usage: python xtask/parity/resnet.py <output-dir>      (crates/models/tests/goldens)

Writes resnet{18,50,152}.safetensors, f32. Keys: eval_logits, eval_features, train_logits,
train_features (features: every 8th channel) and the running statistics of a few norms after that one step; for ResNet-18 also gradients of
sum(train_logits * hash) (first 64 rows).
"""

import sys
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed  # noqa: E402

BATCH, SIZE = 3, 80
NORMS = {
    "resnet18": ["bn1", "layer2.0.downsample.1", "layer4.1.bn2"],
    "resnet50": ["bn1", "layer2.0.downsample.1", "layer4.2.bn2"],
    "resnet152": ["bn1", "layer3.35.bn1", "layer4.2.bn2"],
}
GRADIENTS = ["bn1.weight", "conv1.weight", "layer4.1.bn2.bias", "fc.bias"]


def features(net, x):
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    return net.layer4(net.layer3(net.layer2(net.layer1(x))))


def golden(depth: str) -> dict:
    net = getattr(torchvision.models, depth)(weights=None).double()
    fill(net)
    images = signed("images", (BATCH, 3, SIZE, SIZE), 2.0)
    out = {}
    net.eval()
    with torch.no_grad():
        out["eval_features"] = features(net, images)[:, ::8]
        out["eval_logits"] = net(images)
    net.train()
    logits = net(images)
    out["train_logits"] = logits
    for norm in NORMS[depth]:
        module = net.get_submodule(norm)
        out[f"{norm}.running_mean"] = module.running_mean.clone()
        out[f"{norm}.running_var"] = module.running_var.clone()
    if depth == "resnet18":
        (logits * signed("cotangent", logits.shape)).sum().backward()
        parameters = dict(net.named_parameters())
        for name in GRADIENTS:
            out[f"grad.{name}"] = parameters[name].grad[:64]
    net.train()
    with torch.no_grad():
        out["train_features"] = features(net, images)[:, ::8]
    return {k: v.detach().to(torch.float32).contiguous() for k, v in out.items()}


def main() -> None:
    target = Path(sys.argv[1])
    torch.set_num_threads(1)
    for depth in NORMS:
        metadata = {
            "script": "xtask/parity/resnet.py",
            "versions": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
            "seed": "hash of (name, index), xtask/parity/hashed.py",
        }
        save_file(golden(depth), str(target / f"{depth}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
