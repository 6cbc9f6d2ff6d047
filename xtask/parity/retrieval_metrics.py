# goldens: crates/core/tests/goldens
"""Reference values of the whole-set metrics of halation-core: scikit-learn and SciPy where they have the quantity, NumPy elsewhere.

Usage: python xtask/parity/retrieval_metrics.py <output-dir>     writes <output-dir>/retrieval_metrics.json

Scores are drawn on a coarse grid, so that ties occur. The bootstrap repeats the draws of the Rust side (SplitMix64), written from its
description, so that the interval can be compared to rounding.
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.neighbors import KNeighborsClassifier

SEED = 714
MASK = (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def stream(seed, purpose, index):
    """SplitMix64 whose state starts at mix(mix(mix(seed) + purpose) + index)."""
    state = mix((mix((mix(seed) + purpose) & MASK) + index) & MASK)
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        yield mix(state)


def verification(rng):
    same = rng.random(80) < 0.4
    scores = np.round(rng.normal(size=80) + 0.9 * same, 1)
    far, tar, _ = roc_curve(same, scores, drop_intermediate=False)
    thresholds = np.unique(scores)
    accuracy = max(((scores >= t) == same).mean() for t in thresholds)
    return {
        "scores": scores.tolist(), "same": same.tolist(),
        "average_precision": average_precision_score(same, scores),
        "roc_auc": roc_auc_score(same, scores),
        "best_accuracy": accuracy,
        "tar_at_far": {str(limit): float(tar[far <= limit].max()) for limit in (0.01, 0.1, 0.3)},
    }


def neighbours(rng):
    centres = rng.normal(size=(4, 3)) * 0.5
    gallery_labels = np.arange(60) % 4
    query_labels = np.arange(40) % 4
    gallery = (centres[gallery_labels] + rng.normal(size=(60, 3))).round(3)
    queries = (centres[query_labels] + rng.normal(size=(40, 3))).round(3)
    model = KNeighborsClassifier(n_neighbors=5).fit(gallery, gallery_labels)
    nearest = model.kneighbors(queries, return_distance=False)
    votes = np.stack([np.bincount(gallery_labels[row], minlength=4) for row in nearest])
    tied = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return {
        "k": 5, "dim": 3, "gallery": gallery.ravel().tolist(), "queries": queries.ravel().tolist(),
        "gallery_labels": gallery_labels.tolist(), "query_labels": query_labels.tolist(),
        "labels": model.predict(queries).tolist(), "vote_tied": tied.tolist(),
    }


def correlations(rng):
    x = np.round(rng.normal(size=40), 1)
    y = np.round(0.5 * x + rng.normal(size=40), 1)
    return {
        "x": x.tolist(), "y": y.tolist(),
        "pearson": stats.pearsonr(x, y).statistic,
        "spearman": stats.spearmanr(x, y).statistic,
        "kendall": stats.kendalltau(x, y, variant="b").statistic,
    }


def risk_coverage(rng):
    uncertainty = rng.permutation(30) / 7  # no ties: the curve is then a running mean
    error = (rng.random(30) < 0.4).astype(float)
    curve = np.cumsum(error[np.argsort(uncertainty)]) / np.arange(1, 31)
    return {"uncertainty": uncertainty.tolist(), "error": error.tolist(), "risk": curve.tolist(), "area": curve.mean()}


def paired(rng, name, first, second):
    difference = second - first
    moved = difference[difference != 0]
    test = stats.permutation_test(
        (moved,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", n_resamples=np.inf, alternative="two-sided",
        vectorized=True,
    )
    resamples, seed, confidence = 500, 11, 0.9
    means = []
    for resample in range(resamples):
        draws = stream(seed, 1, resample)
        picked = [(next(draws) * len(difference)) >> 64 for _ in range(len(difference))]
        means.append(difference[picked].mean())
    tail = (1 - confidence) / 2
    return {
        "name": name, "first": first.tolist(), "second": second.tolist(), "resamples": resamples, "seed": seed, "confidence": confidence,
        "difference": difference.mean(), "p": float(test.pvalue), "interval": np.quantile(means, [tail, 1 - tail]).tolist(),
    }


def paired_drawn(rng):
    """More differences than are enumerated: signs are the bits of SplitMix64, low bit first, 64 queries a draw."""
    first = np.round(rng.random(150), 2)
    second = np.round(first + rng.normal(0.02, 0.1, size=150), 2)
    difference = second - first
    moved = difference[difference != 0]
    resamples, seed = 400, 3
    hits = 0
    for resample in range(resamples):
        draws = stream(seed, 2, resample)
        words = [next(draws) for _ in range(-(-len(moved) // 64))]
        signs = np.array([1 - 2 * (words[at // 64] >> (at % 64) & 1) for at in range(len(moved))])
        hits += abs((signs * moved).sum()) >= abs(moved.sum()) - 1e-12 * np.abs(moved).sum()
    return {
        "first": first.tolist(), "second": second.tolist(), "resamples": resamples, "seed": seed, "p": (1 + hits) / (1 + resamples),
        "t_test_p": float(stats.ttest_1samp(difference, 0).pvalue),
    }


def class_protocol(rng):
    """R-Precision, mAP@R and R@1 where a match is a shared class, in both directions."""
    image_classes, caption_classes = np.arange(12) % 3, np.arange(30) % 4  # class 3 has no image
    scores = np.round(rng.normal(size=(12, 30)) + 0.8 * (image_classes[:, None] == caption_classes[None]), 1)

    def direction(scores, queries, gallery):
        precision, average, first = [], [], []
        for row, query in zip(scores, queries):
            order = np.argsort(-row, kind="stable")
            hits = (gallery[order] == query).astype(float)
            r = int(hits.sum())
            if r == 0:
                continue
            precision.append(hits[:r].mean())
            average.append((hits[:r] * np.cumsum(hits[:r]) / np.arange(1, r + 1)).sum() / r)
            first.append(hits[0])
        return {"queries": len(first), "r_precision": np.mean(precision), "map_at_r": np.mean(average), "r1": np.mean(first)}

    return {
        "image_classes": image_classes.tolist(), "caption_classes": caption_classes.tolist(), "scores": scores.ravel().tolist(),
        "i2t": direction(scores, image_classes, caption_classes), "t2i": direction(scores.T, caption_classes, image_classes),
    }


def zero_shot(rng):
    classes, prompts, dim, keep = 5, 6, 8, 3
    centres = rng.normal(size=(classes, dim))
    class_of_prompt = np.arange(classes * prompts) % classes
    uncertainty = rng.random(classes * prompts).round(2)
    noise = rng.normal(size=(classes * prompts, dim)) * 6 * uncertainty[:, None]
    text = (centres[class_of_prompt] + noise).astype(np.float32)
    labels = np.arange(40) % classes
    images = (centres[labels] + 0.9 * rng.normal(size=(40, dim))).astype(np.float32)

    def vectors(keep):
        rows = []
        for c in range(classes):
            members = np.flatnonzero(class_of_prompt == c)
            members = members[np.argsort(uncertainty[members], kind="stable")][:keep]
            unit = text[members].astype(np.float64)
            unit /= np.linalg.norm(unit, axis=1, keepdims=True)
            mean = unit.mean(axis=0)
            rows.append(mean / np.linalg.norm(mean))
        return np.stack(rows)

    def accuracy(keep):
        return float(((images @ vectors(keep).T).argmax(axis=1) == labels).mean())

    return {
        "classes": classes, "dim": dim, "keep": keep, "class_of_prompt": class_of_prompt.tolist(),
        "uncertainty": uncertainty.tolist(), "prompts": text.ravel().astype(float).tolist(), "images": images.ravel().astype(float).tolist(),
        "labels": labels.tolist(), "vectors": vectors(keep).ravel().tolist(), "accuracy": accuracy(keep), "accuracy_of_all": accuracy(prompts),
    }


def main():
    rng = np.random.default_rng(SEED)
    recall = lambda: (rng.random(40) < 0.6).astype(float)
    first = recall()
    second = first.copy()
    second[rng.choice(40, 12, replace=False)] = 1
    golden = {
        "made_by": {
            "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__,
            "seed": SEED,
        },
        "verification": verification(rng),
        "neighbours": neighbours(rng),
        "correlations": correlations(rng),
        "risk_coverage": risk_coverage(rng),
        "paired": [
            paired(rng, "recalls", first, second),
            paired(rng, "average precisions", rng.random(14).round(3), rng.random(14).round(3)),
        ],
        "paired_drawn": paired_drawn(rng),
        "class_protocol": class_protocol(rng),
        "zero_shot": zero_shot(rng),
    }
    path = Path(sys.argv[1]) / "retrieval_metrics.json"
    path.write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
