"""The Python side of the evaluation benchmark: COCO 5K scored by the `eccv_caption` package.

    python eccv_caption_reference.py make DIR     random unit embeddings (seed 0), D = 1024, as DIR/{images,captions}.safetensors
    python eccv_caption_reference.py score DIR [--threads N]
    python eccv_caption_reference.py compare DIR --binary halation-retrieval [--threads N]

`score` does what a user of the package does, in the fastest way found: one matrix product, one argsort per direction (PyTorch),
full rankings as lists of shared int objects, then `Metrics.compute_all_metrics` with all recalls, R-Precision and mAP@R. It prints
one JSON document: the scores, the seconds of each stage and the peak memory. Loading of modules and ground truths is not timed.

`compare` makes the embeddings if they are not there, lets both sides score them three times in turn, each in a process of its own,
and prints the ratio of the medians. Before each timed run of ours there is one that is not timed: what runs right after the 4.4 GiB of
the other side pays for getting that memory back from the system. Of ours the whole process counts, start, ground truths and all. It fails if a figure differs by more than 1e-6.

Needs torch, numpy, safetensors and eccv_caption 0.1.0.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
import eccv_caption
from eccv_caption import Metrics
from safetensors import safe_open
from safetensors.numpy import save_file

DIM = 1024


def make(folder: Path) -> None:
    """Writes embeddings in which a caption lies near its image, so that ranks are neither all first nor all random."""
    metrics = Metrics()
    captions = [int(i) for i in metrics.coco_ids]
    image_of = [metrics.coco_gts["t2i"][c][0] for c in captions]
    images = list(dict.fromkeys(image_of))
    row = {image: index for index, image in enumerate(images)}
    rng = np.random.default_rng(0)
    image = rng.standard_normal((len(images), DIM), dtype=np.float32)
    noise = rng.standard_normal((len(captions), DIM), dtype=np.float32)
    caption = image[[row[i] for i in image_of]] + 7 * noise
    folder.mkdir(parents=True, exist_ok=True)
    for name, ids, mean in [("images", images, image), ("captions", captions, caption)]:
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        ids = json.dumps([str(i) for i in ids])
        save_file({"mean": mean}, folder / f"{name}.safetensors", metadata={"ids": ids})


def load(path: Path):
    with safe_open(path, "pt") as file:
        return file.get_tensor("mean"), [int(i) for i in json.loads(file.metadata()["ids"])]


def rankings(scores, query_ids, gallery_ids):
    gallery = np.array(gallery_ids, dtype=object)
    order = torch.argsort(scores, dim=1, descending=True).numpy()
    # Indexing an object array shares one int object per id: 8 bytes per entry instead of 40.
    return {query: gallery[row].tolist() for query, row in zip(query_ids, order)}


def score(folder: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    metrics = Metrics()
    seconds = {}
    clock = time.perf_counter()

    def lap(stage):
        nonlocal clock
        now = time.perf_counter()
        seconds[stage] = now - clock
        clock = now

    images, image_ids = load(folder / "images.safetensors")
    captions, caption_ids = load(folder / "captions.safetensors")
    lap("load")
    scores = images @ captions.T
    lap("matmul")
    i2t = rankings(scores, image_ids, caption_ids)
    t2i = rankings(scores.T.contiguous(), caption_ids, image_ids)
    del scores
    lap("rank")
    targets = ("coco_1k_recalls", "coco_5k_recalls", "cxc_recalls", "eccv_r1", "eccv_rprecision", "eccv_map_at_r")
    found = metrics.compute_all_metrics(i2t, t2i, target_metrics=targets, Ks=(1, 5, 10))
    lap("metrics")
    seconds["total"] = sum(seconds.values())
    found = {name: {side: float(value) for side, value in both.items()} for name, both in found.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"threads": threads, "seconds": seconds, "peak_mib": peak, "scores": found}, indent=1))


def compare(folder: Path, binary: Path, threads: int, rounds: int = 3) -> None:
    if not (folder / "captions.safetensors").is_file():
        make(folder)
    ground_truth = Path(eccv_caption.__file__).parent / "data"
    command = [binary, "score", "--json", "--protocol", "all", "--gts", ground_truth]
    command += ["--images", folder / "images.safetensors", "--captions", folder / "captions.safetensors"]
    ours, peaks, theirs, references = [], [], [], []
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    for _ in range(rounds):
        subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        ours.append(time.perf_counter() - start)
        peaks.append(usage.ru_maxrss / 1024)
        if status != 0:
            sys.exit(f"{command} failed")
        own = [sys.executable, __file__, "score", folder, "--threads", str(threads)]
        references.append(json.loads(subprocess.run(own, stdout=subprocess.PIPE, check=True).stdout))
        theirs.append(references[-1]["seconds"]["total"])
    found = {}
    for protocol in json.loads(output)["protocols"].values():
        found |= protocol["metrics"]
    worst = max(
        (abs(found[name][side] - value), f"{name} {side}")
        for name, both in references[-1]["scores"].items()
        for side, value in both.items()
    )
    show = lambda seconds: f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f} s"  # noqa: E731
    print(f"score: halation {show(ours)}, peak {max(peaks):.0f} MiB; eccv_caption {show(theirs)}, ", end="")
    print(f"peak {max(r['peak_mib'] for r in references):.0f} MiB (min / median / max); ", end="")
    print(f"faster {statistics.median(theirs) / statistics.median(ours):.1f} times; largest difference {worst[0]:.1e} ({worst[1]})")
    if worst[0] > 1e-6:
        sys.exit("the two do not agree")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["make", "score", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binary", type=Path)
    arguments = parser.parse_args()
    if arguments.mode == "make":
        make(arguments.folder)
    elif arguments.mode == "score":
        score(arguments.folder, arguments.threads)
    else:
        compare(arguments.folder, arguments.binary, arguments.threads)
