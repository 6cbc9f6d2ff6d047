"""The work of crates/models/benches/clip.rs in transformers on the CPU, as one JSON line.

usage: python xtask/bench/pytorch_clip.py [clip_images|clip_captions] [--repeats N] [--threads N]
"""

import argparse
import json
import statistics
import time

import torch
from transformers import CLIPConfig, CLIPModel

BATCH = 8


def images(model):
    pixels = torch.randn(BATCH, 3, 224, 224)
    return lambda: model.visual_projection(model.vision_model(pixels).pooler_output).sum().item()


def captions(model):
    rows = [
        [49406] + [1 + (row * 7919 + position * 104729) % 49000 for position in range(1, 76)] + [49407]
        for row in range(BATCH)
    ]
    ids = torch.tensor(rows)
    return lambda: model.text_projection(model.text_model(ids).pooler_output).sum().item()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="?", choices=["clip_images", "clip_captions"])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = CLIPModel(CLIPConfig()).eval()  # the defaults are ViT-B/32
    out = {"library": f"torch {torch.__version__}", "unit": "ms", "threads": arguments.threads}
    with torch.inference_mode():
        for name, make in [("clip_images", images), ("clip_captions", captions)]:
            if arguments.only not in (None, name):
                continue
            step, times = make(model), []
            for _ in range(arguments.repeats + 2):
                start = time.perf_counter()
                step()
                times.append((time.perf_counter() - start) * 1e3)
            times = sorted(times[2:])
            values = times[0], statistics.median(times), times[-1]
            out[name] = {k: round(v, 1) for k, v in zip(("min", "median", "max"), values)}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
