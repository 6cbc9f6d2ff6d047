# goldens: crates/core/tests/goldens
"""Reference values of the losses of the probabilistic retrieval family (hinge, PVSE, PCME++, ProLIP, MAP, HIB), by PyTorch in float64 with its autograd.

Usage: python xtask/parity/pcme_family_losses.py <output-dir>     writes <output-dir>/pcme_family_losses.json

Every formula is written in the plainest form: loops over pairs, explicit differences instead of matrix products, the published inclusion measure term by
term, torch.nn.functional and torch.distributions where they have the quantity. Inputs are rounded to float32 first, so that both sides start from the same
numbers; outputs are printed with ten digits. Matches are matrices of numbers in [0, 1]. Inputs that several cases share are stored once, by number.
"""

import json
import math
import platform
import sys
from pathlib import Path

import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits, cosine_similarity, cross_entropy, logsigmoid, normalize

SEED = 20240
N, D, K = 4, 6, 3
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

IDENTITY = torch.eye(N)
# Row 0 has two matches, row 2 none; column 0 has two, column 1 none.
SEVERAL = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]], dtype=torch.float64)


def rounded(value):
    return value.detach().float().double()


def leaf(value):
    return rounded(value).requires_grad_()


def tensor(value):
    return {"shape": list(value.shape), "values": [float(f"{number:.10g}") for number in value.detach().flatten().tolist()]}


STORED = []


def stored(value):
    """The number of a tensor in the list of all inputs."""
    entry = tensor(value)
    if entry not in STORED:
        STORED.append(entry)
    return STORED.index(entry)


def case(name, loss, inputs, **settings):
    """A golden: settings, inputs, the loss, and its gradient by every input."""
    gradients = torch.autograd.grad(loss, list(inputs.values()), allow_unused=True)
    zeros = [torch.zeros_like(value) if gradient is None else gradient for value, gradient in zip(inputs.values(), gradients)]
    return {
        "name": name, **{key: tensor(value) if isinstance(value, torch.Tensor) else value for key, value in settings.items()},
        "inputs": {key: stored(value) for key, value in inputs.items()},
        "loss": loss.item(),
        "gradients": {key: tensor(value) for key, value in zip(inputs, zeros)},
    }


class Inputs:
    def __init__(self):
        generator = torch.Generator().manual_seed(SEED)
        draw = lambda *shape: rounded(torch.randn(*shape, generator=generator))
        self.x, self.y = draw(N, D), draw(N, D)
        self.y = rounded(self.y + 0.5 * self.x)
        self.lv_x, self.lv_y = rounded(draw(N, D) * 0.7 - 2), rounded(draw(N, D) * 0.7 - 2)
        self.bag_x, self.bag_y = draw(N, K, D), draw(N, K, D)
        self.noise = draw(N, 4, 3)
        self.other_noise = draw(N, 4, 3)
        self.parts = [draw(N, 3) for _ in range(2)]
        self.part_lvs = [rounded(draw(N, 3) * 0.5 - 1) for _ in range(2)]
        self.weight_logits = draw(N, 2)


# Hinge losses: loops over matches and their negatives.

def order_similarity(x, y):
    x, y = normalize(x, dim=0).abs(), normalize(y, dim=0).abs()
    return -torch.linalg.vector_norm(torch.clamp(y - x, min=0))


SIMILARITIES = {
    "cosine": lambda x, y: cosine_similarity(x, y, dim=0),
    "dot": lambda x, y: (x * y).sum(),
    "order": order_similarity,
}


def hinge_of(scores, match, margin, negatives):
    """Costs of both directions, per row and per column."""
    rows, columns = scores.shape

    def direction(scores, match):
        totals = []
        for i in range(scores.shape[0]):
            total = scores.sum() * 0
            for j in range(scores.shape[1]):
                if match[i, j] < 0.5:
                    continue
                costs = [torch.clamp(margin + scores[i, k] - scores[i, j], min=0) for k in range(scores.shape[1]) if match[i, k] < 0.5]
                if costs:
                    total = total + (max(costs, key=lambda cost: cost.item()) if negatives == "hardest" else sum(costs))
            totals.append(total)
        return torch.stack(totals)

    return direction(scores, match), direction(scores.T, match.T)


def hinge(data, name, similarity, negatives, match, margin):
    x, y = leaf(data.x), leaf(data.y)
    scores = torch.stack([torch.stack([SIMILARITIES[similarity](a, b) for b in y]) for a in x])
    by_row, by_column = hinge_of(scores, match, margin, negatives)
    inputs = {"rows": x, "columns": y}
    return case(name, by_row.sum() + by_column.sum(), inputs, similarity=similarity, negatives=negatives, matches=match, margin=margin)


def bag_score(a, b, form, sharpness):
    cosines = torch.stack([torch.stack([cosine_similarity(u, v, dim=0) for v in b]) for u in a])
    if form == "max":
        return cosines.max()
    if form == "log-sum-exp":
        return torch.logsumexp(sharpness * cosines.flatten(), 0) / sharpness
    left = torch.logsumexp(sharpness * cosines, 1).mean() / (2 * sharpness)
    right = torch.logsumexp(sharpness * cosines, 0).mean() / (2 * sharpness)
    return left + right


def multi_instance(data, name, form, sharpness, negatives, match):
    """PVSE's mean: over the batch with the hardest negatives, over all entries otherwise."""
    x, y = leaf(data.bag_x), leaf(data.bag_y)
    scores = torch.stack([torch.stack([bag_score(a, b, form, sharpness) for b in y]) for a in x])
    by_row, by_column = hinge_of(scores, match, 0.1, negatives)
    count = N if negatives == "hardest" else N * N
    loss = (by_row.sum() + by_column.sum()) / count
    inputs = {"rows": x, "columns": y}
    return case(name, loss, inputs, similarity=form, sharpness=sharpness, negatives=negatives, matches=match)


def diversity(data):
    x = leaf(data.bag_x)
    unit = normalize(x, dim=2)
    norms = []
    for item in unit:
        gram = item @ item.T
        norms.append(torch.linalg.matrix_norm(gram - torch.diag(torch.diag(gram))) / K**2)
    return case("diversity", torch.stack(norms).mean(), {"residuals": x})


def mmd(data):
    x, y = leaf(data.bag_x.reshape(N * K, D)), leaf(data.bag_y.reshape(N * K, D))

    def kernel(a, b):
        rows = [torch.stack([torch.exp(-0.5 * torch.linalg.vector_norm(u - v)) for v in b]) for u in a]
        return torch.stack(rows)

    return case("mmd", (kernel(x, x) - 2 * kernel(x, y) + kernel(y, y)).mean(), {"x": x, "y": y})


# PCME++.

def pseudo_positives(logits, target, rule):
    result = target.clone()
    for i in range(target.shape[0]):
        best = target[i].max()
        places = [j for j in range(target.shape[1]) if target[i, j] == best]
        threshold = logits[i, places[0]] if rule == "first" else min(logits[i, j].item() for j in places)
        for j in range(target.shape[1]):
            if logits[i, j] >= threshold:
                result[i, j] = best
    return result


def pcmepp_total(logits, target, alpha, rule):
    loss = 2 * binary_cross_entropy_with_logits(logits, target)
    loss = loss + alpha * binary_cross_entropy_with_logits(logits, pseudo_positives(logits.detach(), target, rule))
    return loss + alpha * binary_cross_entropy_with_logits(logits.T, pseudo_positives(logits.detach().T, target.T, rule))


def gaussians(data):
    return {
        "mean_rows": leaf(normalize(data.x, dim=1)), "log_var_rows": leaf(data.lv_x),
        "mean_columns": leaf(normalize(data.y, dim=1)), "log_var_columns": leaf(data.lv_y),
    }


def pairwise(inputs, distance):
    rows = zip(inputs["mean_rows"], inputs["log_var_rows"])
    return torch.stack([
        torch.stack([distance(m1, lv1, m2, lv2) for m2, lv2 in zip(inputs["mean_columns"], inputs["log_var_columns"])]) for m1, lv1 in rows
    ])


DISTANCES = {
    "csd": lambda m1, lv1, m2, lv2: ((m1 - m2) ** 2).sum() + (lv1.exp() + lv2.exp()).sum(),
    "w2": lambda m1, lv1, m2, lv2: ((m1 - m2) ** 2).sum() + (((lv1 / 2).exp() - (lv2 / 2).exp()) ** 2).sum(),
}


def closed_form_match(data, name, distance, match, alpha, rule):
    inputs = {**gaussians(data), "negative_scale": leaf(torch.tensor([2.0])), "shift": leaf(torch.tensor([4.0]))}
    logits = inputs["shift"] - inputs["negative_scale"] * pairwise(inputs, DISTANCES[distance])
    loss = pcmepp_total(logits, match, alpha, rule)
    return case(name, loss, inputs, distance=distance, matches=match, alpha=alpha, rule=rule)


def mixed_targets(match, shares, epsilon):
    """Smoothing first, then the share of each row and the rest of the row at the mirrored place."""
    smooth = (1 - epsilon) * match + epsilon * (1 - match)
    return torch.stack([shares[i] * smooth[i] + (1 - shares[i]) * smooth[N - 1 - i] for i in range(N)])


# ProLIP.

def prolip(data, name, match, scale, bias):
    inputs = {**gaussians(data), "log_scale": leaf(torch.tensor([math.log(scale)])), "bias": leaf(torch.tensor([bias]))}
    similarity = pairwise(inputs, lambda m1, lv1, m2, lv2: (m1 * m2).sum() - 0.5 * (lv1.exp() + lv2.exp()).sum())
    # Above the bound of 100 the value stays there, and the gradient is that of the exponential at the bound.
    log_scale = inputs["log_scale"]
    log_scale = log_scale + (torch.clamp(log_scale, max=math.log(100)) - log_scale).detach()
    logits = log_scale.exp() * similarity + inputs["bias"]
    loss = binary_cross_entropy_with_logits(logits, match, reduction="sum") / N
    return case(name, loss, inputs, matches=match)


def inclusion(data, name, form, scale, exponent):
    inputs = gaussians(data)
    m1, lv1, m2, lv2 = inputs.values()

    def measure(m1, lv1, m2, lv2):
        factor, weight = (1, 1) if form == "exact" else (math.exp(exponent), 2)
        p1, p2 = factor * (-lv1).exp(), factor * (-lv2).exp()
        a, b, c = p1 + p2 / 2, 2 * m1 * p1 + m2 * p2, m1**2 * p1 + m2**2 * p2 / 2
        return weight * (-lv1 - lv2 / 2) - torch.log(a) / 2 + b**2 / (4 * a) - c

    loss = -logsigmoid(scale * (measure(m1, lv1, m2, lv2) - measure(m2, lv2, m1, lv1))).mean()
    return case(name, loss, inputs, form=form, scale=scale, exponent=exponent)


# MAP.

def w2_info_nce(data, name, match, a, temperature):
    inputs = {**gaussians(data), "temperature": leaf(torch.tensor([temperature]))}
    logits = (4 - a * pairwise(inputs, DISTANCES["w2"])) / inputs["temperature"]

    def direction(logits, match):
        total = logits.sum() * 0
        for i in range(N):
            if match[i].sum() > 0:
                total = total + cross_entropy(logits[i], match[i] / match[i].sum())
        return total / N

    return case(name, (direction(logits, match) + direction(logits.T, match.T)) / 2, inputs, matches=match, negative_scale=a)


def entropy_floor(data, name, form, floor):
    log_std = leaf(data.lv_x)
    if form == "exact":
        entropy = Independent(Normal(torch.zeros(N, D), log_std.exp()), 1).entropy()
    else:
        entropy = D / 2 * (math.log(2 * math.pi) + 1) + log_std.sum(1) / 2
    return case(name, torch.clamp(floor - entropy, min=0).mean(), {"log_std": log_std}, form=form, floor=floor)


# Priors.

def prior(data, form):
    mean, log_var = leaf(data.x), leaf(data.lv_x)
    if form == "pcmepp":
        standard = Normal(torch.zeros(N, D), torch.ones(N, D))
        loss = kl_divergence(Normal(mean, (log_var / 2).exp()), standard).mean()
    else:
        half = log_var / 2
        loss = ((half.exp() + mean**2 - 1 - half) / 2).mean()
    return case(form, loss, {"mean": mean, "log_var": log_var}, form=form)


# HIB.

def pair_nll(left, right, a, b, gain, match):
    """One pair of items with their samples, by the definition."""
    p = torch.stack([torch.sigmoid(gain * (b - a * torch.sqrt(((u - v) ** 2).sum() + 1e-6))) for u in left for v in right])
    return -match * torch.log(p.mean()) - (1 - match) * torch.log((1 - p).mean())


def all_pairs(samples, a, b, gain, match):
    pairs = [(i, k) for i in range(N) for k in range(i + 1, N)]
    return torch.stack([pair_nll(samples[i], samples[k], a, b, gain, match[i, k]) for i, k in pairs]), torch.stack([match[i, k] for i, k in pairs])


def scalars():
    return {"negative_scale": leaf(torch.tensor([1.5])), "shift": leaf(torch.tensor([2.0]))}


LABELS = [0, 1, 0, 1]
CLASSES = torch.tensor([[float(a == b) for b in LABELS] for a in LABELS])


def pair_match_points(data, balanced):
    inputs = {"samples": leaf(data.parts[0][:, None, :]), **scalars()}
    losses, match = all_pairs(inputs["samples"], inputs["negative_scale"], inputs["shift"], 1, CLASSES)
    loss = ((losses * match).sum() / match.sum() + (losses * (1 - match)).sum() / (1 - match).sum()) / 2 if balanced else losses.mean()
    return case("points, balanced" if balanced else "points", loss, inputs, balanced=balanced, gain=1, matches=CLASSES)


def pair_match_normal(data):
    inputs = {"mean": leaf(data.parts[0]), "log_var": leaf(data.part_lvs[0]), **scalars()}
    samples = inputs["mean"][:, None] + (inputs["log_var"] / 2).exp()[:, None] * data.noise
    losses, _ = all_pairs(samples, inputs["negative_scale"], inputs["shift"], 2, CLASSES)
    return case("normal", losses.mean(), inputs, gain=2, matches=CLASSES, noise=data.noise)


def pair_match_mixture(data):
    """All pairs, plus a tenth of the mean sampled divergence to the prior."""
    inputs = {
        "mean0": leaf(data.parts[0]), "mean1": leaf(data.parts[1]), "log_var0": leaf(data.part_lvs[0]), "log_var1": leaf(data.part_lvs[1]),
        "weight_logits": leaf(data.weight_logits), **scalars(),
    }
    choices = torch.tensor([[0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 1]])
    means = torch.stack([inputs["mean0"], inputs["mean1"]], 1)  # N C D
    stds = torch.stack([(inputs["log_var0"] / 2).exp(), (inputs["log_var1"] / 2).exp()], 1)
    samples = torch.stack([
        torch.stack([means[i, choices[i, j]] + stds[i, choices[i, j]] * data.noise[i, j] for j in range(4)]) for i in range(N)
    ])
    mixture = MixtureSameFamily(Categorical(logits=inputs["weight_logits"]), Independent(Normal(means, stds), 1))
    log_prob = mixture.log_prob(samples.transpose(0, 1)).transpose(0, 1)  # N J
    log_prior = Independent(Normal(torch.zeros(3), torch.ones(3)), 1).log_prob(samples)
    divergence = (log_prob - log_prior).mean(1)
    losses, _ = all_pairs(samples, inputs["negative_scale"], inputs["shift"], 1, CLASSES)
    result = case("mixture", losses.mean() + 0.1 * divergence.mean(), inputs, gain=1, matches=CLASSES, noise=data.noise)
    result |= {"choices": choices.tolist(), "mean": tensor(mixture.mean), "log_prob": tensor(log_prob), "divergence": tensor(divergence)}
    return result


def pair_match_aligned(data):
    inputs = {"left": leaf(data.noise), "right": leaf(data.other_noise[:, :3]), **scalars()}
    match = torch.tensor([1.0, 0.0, 0.25, 1.0])
    a, b = inputs["negative_scale"], inputs["shift"]
    losses = torch.stack([pair_nll(inputs["left"][i], inputs["right"][i], a, b, 1, match[i]) for i in range(N)])
    result = case("aligned", losses.mean(), inputs, gain=1, matches=match)
    p = [torch.stack([torch.sigmoid(b - a * torch.sqrt(((u - v) ** 2).sum() + 1e-6)) for u in x for v in y]).mean() for x, y in zip(inputs["left"], inputs["right"])]
    result |= {"log_match": tensor(torch.stack(p).log()), "self_mismatch": tensor(1 - torch.stack(p))}
    return result


def main():
    data = Inputs()
    mixed = mixed_targets(SEVERAL, torch.tensor([0.7, 1.0, 0.375, 0.25]), 1e-4)
    golden = {
        "generator": {
            "script": "xtask/parity/pcme_family_losses.py", "seed": SEED, "torch": torch.__version__, "python": platform.python_version(),
        },
        "hinge": [
            hinge(data, "VSE++", "cosine", "hardest", IDENTITY, 0.2),
            hinge(data, "VSE0", "cosine", "all", IDENTITY, 0.2),
            hinge(data, "hardest, several matches", "cosine", "hardest", SEVERAL, 0.4),
            hinge(data, "all, several matches", "cosine", "all", SEVERAL, 0.4),
            hinge(data, "inner products", "dot", "all", SEVERAL, 0.2),
            hinge(data, "order embeddings", "order", "hardest", IDENTITY, 0.05),
        ],
        "multi_instance": [
            multi_instance(data, "PVSE", "max", 1, "hardest", IDENTITY),
            multi_instance(data, "PVSE, all negatives", "max", 1, "all", SEVERAL),
            multi_instance(data, "smooth maximum", "log-sum-exp", 10, "hardest", IDENTITY),
            multi_instance(data, "smooth Chamfer", "smooth-chamfer", 16, "all", SEVERAL),
        ],
        "diversity": diversity(data),
        "mmd": mmd(data),
        "mixed_targets": {"matches": tensor(SEVERAL), "shares": [0.7, 1.0, 0.375, 0.25], "epsilon": 1e-4, "mixed": tensor(mixed)},
        "closed_form_match": [
            closed_form_match(data, "PCME++", "csd", IDENTITY, 0.1, "any"),
            closed_form_match(data, "several matches", "csd", SEVERAL, 0.5, "any"),
            closed_form_match(data, "several matches, first", "csd", SEVERAL, 0.5, "first"),
            closed_form_match(data, "mixed samples", "csd", rounded(mixed), 0.1, "first"),
            closed_form_match(data, "W2 without pseudo-positives", "w2", IDENTITY, 0.0, "any"),
        ],
        "prolip": [
            prolip(data, "start", IDENTITY, 10.0, -10.0),
            prolip(data, "several matches", SEVERAL, 3.0, 1.0),
            prolip(data, "soft matches", rounded(mixed), 3.0, 1.0),
            prolip(data, "scale above its bound", IDENTITY, 150.0, -10.0),
        ],
        "inclusion": [
            inclusion(data, "ProLIP", "exact", 1000.0, 0.0),
            inclusion(data, "gentle", "exact", 2.0, 0.0),
            inclusion(data, "code of ProLIP", "code", 2.0, -10.0),
        ],
        "w2_info_nce": [
            w2_info_nce(data, "MAP", IDENTITY, 0.005, 0.07),
            w2_info_nce(data, "several matches", SEVERAL, 0.5, 0.4),
        ],
        "entropy_floor": [entropy_floor(data, "exact", "exact", -2.0), entropy_floor(data, "code of MAP", "code", 3.0)],
        "prior": [prior(data, "pcmepp"), prior(data, "prolip")],
        "pair_match": [pair_match_points(data, False), pair_match_points(data, True), pair_match_normal(data)],
        "pair_match_mixture": pair_match_mixture(data),
        "pair_match_aligned": pair_match_aligned(data),
    }
    golden["inputs"] = STORED
    target = Path(sys.argv[1]) / "pcme_family_losses.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
