# goldens: crates/models/tests/goldens
"""Goldens of halation-models' diffusions in continuous time, by PyTorch in f64.

usage: python xtask/parity/continuous_bounds.py <output-dir>

Writes continuous_bounds.safetensors, f32: for each bound the loss of every sequence, and the gradient of sum(loss * hash) for the
logits. Formulas are those of the papers, position by position, with the differences of large terms that the Rust code avoids.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent))
from hashed import signed, uniform  # noqa: E402

B, L, K = 4, 5, 6
LEVELS = [0.05, 0.3, 0.62, 0.97]
SCHEDULES = {
    "linear": (lambda t: 1 - t, lambda t: -1.0),
    "cosine": (lambda t: 1 - math.cos(math.pi / 2 * (1 - t)), lambda t: -math.pi / 2 * math.sin(math.pi / 2 * (1 - t))),
    "loglinear": (lambda t: 1 - (1 - 1e-3) * t, lambda t: -(1 - 1e-3)),
    "geometric": (
        lambda t: math.exp(-(1e-4 ** (1 - t)) * 20.0**t),
        lambda t: -(1e-4 ** (1 - t)) * 20.0**t * math.log(20.0 / 1e-4) * math.exp(-(1e-4 ** (1 - t)) * 20.0**t),
    ),
}


def noisy(kind, alpha, symbol, u):
    if u < alpha:
        return symbol
    return K if kind == "mask" else int((u - alpha) / (1 - alpha) * K)


def entropy(p):
    return -sum(x * math.log(x) for x in p if x > 0)


def ends(kind, schedule):
    """What the integral over t leaves out, for each position."""
    a0, a1 = schedule[0](0.0), schedule[0](1.0)
    if kind == "mask":
        return (1 - a0) * math.log(K) + a1 * math.log(K)
    kernel = lambda a: [a + (1 - a) / K] + [(1 - a) / K] * (K - 1)  # noqa: E731
    return entropy(kernel(a0)) + math.log(K) - entropy(kernel(a1))


def masked(logits, x, z, t, schedule):
    alpha, slope = schedule[0](t), schedule[1](t)
    return -slope / (1 - alpha) * -torch.log_softmax(logits, 0)[x] if z == K else 0 * logits[0]


def masked_10(logits, x, z, t, schedule):
    step = math.ceil(t * 10)
    at, a_s = schedule[0](step / 10), schedule[0]((step - 1) / 10)
    return 10 * (a_s - at) / (1 - at) * -torch.log_softmax(logits, 0)[x] if z == K else 0 * logits[0]


def sedd_mask(logits, x, z, t, schedule):
    alpha, slope = schedule[0](t), schedule[1](t)
    sigma, growth = -math.log(alpha), -slope / alpha
    if z != K:
        return 0 * logits[0]
    s = logits - math.log(math.exp(sigma) - 1) - math.log(K)
    r = 1 / (math.exp(sigma) - 1)
    return growth * (s.exp().sum() - r * s[x] + r * (math.log(r) - 1))


def sedd_uniform(logits, x, z, t, schedule):
    alpha, slope = schedule[0](t), schedule[1](t)
    sigma, growth = -math.log(alpha), -slope / alpha
    s = logits.clone()
    s[z] = 0.0
    rho = 1 - K / (math.exp(sigma) - 1 + K)
    if x == z:
        a = rho * (s.mean() - s[z] / K)
        c = (K - 1) / K * rho * (math.log(rho) - 1)
    else:
        a = s[x] / (math.exp(sigma) - 1) + s.mean() - s[z] / K
        c = ((-math.log(rho) - 1) / rho - (K - 2)) / K
    return growth * (s.exp().mean() - s[z].exp() / K - a + c)


def udlm(logits, x, z, t, schedule):
    alpha, slope = schedule[0](t), schedule[1](t)
    clean = torch.zeros(K, dtype=torch.float64)
    clean[x] = 1.0
    bar = K * alpha * clean + 1 - alpha
    guess = K * alpha * torch.softmax(logits, 0) + 1 - alpha
    inner = (bar / bar[z] * torch.log(guess[z] * bar / (guess * bar[z]))).sum()
    return slope / (K * alpha) * (K / bar[z] - K / guess[z] - inner)


def flow(kind):
    def loss(logits, x, z, t, schedule):
        alpha, slope = schedule[0](t), schedule[1](t)
        p = torch.softmax(logits, 0)
        if kind == "mask":  # a visible symbol is certain, a mask impossible
            inner = torch.log(p[x]) if z == K else 0 * p[0]
        else:
            inner = p[z] - 1 if x == z else p[z] + torch.log(p[x])
        return -slope / (1 - alpha) * -inner

    return loss


def cross_entropy(logits, x, z, t, schedule):
    return -torch.log_softmax(logits, 0)[x]


CASES = {
    "masked_linear": ("mask", "linear", masked),
    "masked_cosine": ("mask", "cosine", masked),
    "masked_geometric": ("mask", "geometric", masked),
    "masked_ten_steps": ("mask", "cosine", masked_10),
    "sedd_mask": ("mask", "loglinear", sedd_mask),
    "sedd_uniform": ("uniform", "geometric", sedd_uniform),
    "udlm_linear": ("uniform", "linear", udlm),
    "udlm_geometric": ("uniform", "geometric", udlm),
    "flow_mask": ("mask", "cosine", flow("mask")),
    "flow_uniform": ("uniform", "cosine", flow("uniform")),
    "flow_cross_entropy": ("uniform", "cosine", cross_entropy),
}


def gen_masked(x0, us, cotangent):
    """Two draws of the masks; each is the other's baseline."""
    logits = signed("logits", (B, L, K), 2.0).requires_grad_()
    log_power = signed("log_power", (K,), 0.5).requires_grad_()
    power = log_power.exp()
    total, losses = 0.0, []
    for b, t in enumerate(LEVELS):
        costs, logs = [], []
        for u in us[b]:
            cost, log = 0.0, 0.0
            for i in range(L):
                x = x0[b][i]
                if u[i] >= 1 - t ** power[x].item():
                    xhat = torch.softmax(logits[b, i], 0)
                    cost = cost + ((power * xhat).sum() - power[x] - power[x] * torch.log(xhat[x])) / t
                    log = log + power[x] * math.log(t)
                else:
                    log = log + torch.log(1 - t ** power[x])
            costs.append(cost)
            logs.append(log)
        losses.append(((costs[0] + costs[1]) / 2).item())
        first = (costs[0] - costs[1]).detach() * logs[0]
        second = (costs[1] - costs[0]).detach() * logs[1]
        total = total + cotangent[b] * ((costs[0] + costs[1]) / 2 + (first + second) / 2)
    total.backward()
    return losses, logits.grad, log_power.grad


def main():
    x0 = [[int(u * K) for u in row] for row in uniform("x0", B * L).reshape(B, L)]
    us = uniform("noise", B * L).reshape(B, L)
    cotangent = signed("cotangent", (B,))
    out = {}
    for name, (kind, schedule, loss) in CASES.items():
        logits = signed("logits", (B, L, K), 2.0).requires_grad_()
        values = []
        for b, t in enumerate(LEVELS):
            at = math.ceil(t * 10) / 10 if loss is masked_10 else t
            alpha = SCHEDULES[schedule][0](at)
            terms = [loss(logits[b, i], x0[b][i], noisy(kind, alpha, x0[b][i], us[b, i]), t, SCHEDULES[schedule]) for i in range(L)]
            extra = 0.0 if loss is cross_entropy else L * ends(kind, SCHEDULES[schedule])
            values.append(sum(terms) + extra)
        values = torch.stack(values)
        (values * cotangent).sum().backward()
        out[f"{name}.loss"] = values.detach()
        out[f"{name}.grad"] = logits.grad
    losses, grad, grad_power = gen_masked(x0, uniform("two draws", B * 2 * L).reshape(B, 2, L), cotangent)
    out["gen_masked.loss"] = torch.tensor(losses)
    out["gen_masked.grad"] = grad
    out["gen_masked.grad_log_power"] = grad_power
    save_file({name: value.float().contiguous() for name, value in out.items()}, Path(sys.argv[1]) / "continuous_bounds.safetensors")


if __name__ == "__main__":
    main()
