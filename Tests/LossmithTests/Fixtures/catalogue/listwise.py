"""The listwise losses of the catalogue at 130 digits, and their batches."""
import random

from mpmath import exp, log, mp, mpf

mp.dps = 130


def sig(x):
    return 1 / (1 + exp(-x))


def logistic(x):
    return log(1 + exp(-x))


def softmax(v):
    top = max(v)
    e = [exp(x - top) for x in v]
    total = sum(e)
    return [x / total for x in e]


def log_softmax(v):
    top = max(v)
    total = log(sum(exp(x - top) for x in v))
    return [x - top - total for x in v]


def exo_rw(d, scores, t):
    q = log_softmax([t["beta"] * x for x in d])
    p = log_softmax([s / t["reward_beta"] for s in scores])
    return sum(exp(a) * (a - b) for a, b in zip(q, p))


def dpo_rw(d, scores, t):
    q = log_softmax([t["beta"] * x for x in d])
    p = softmax([s / t["reward_beta"] for s in scores])
    return -sum(b * a for a, b in zip(q, p))


def gains(scores):
    return [mpf(2) ** max(s, mpf(0)) - 1 for s in scores]


def log2(x):
    return log(x) / log(mpf(2))


def ideal(scores):
    return sum(g / log2(k + 2) for k, g in enumerate(sorted(gains(scores), reverse=True)))


def approx_ndcg(d, scores, t):
    best = ideal(scores)
    if best == 0:
        return mpf(0)
    s = [t["beta"] * x for x in d]
    total = mpf(0)
    for i, g in enumerate(gains(scores)):
        place = mpf(1) / 2 + sum(sig(-t["alpha"] * (s[i] - v)) for v in s)
        total += g / log2(1 + place)
    return -total / best


def sinkhorn(p):
    n = len(p)
    for _ in range(50):
        for j in range(n):
            total = sum(p[i][j] for i in range(n))
            for i in range(n):
                p[i][j] /= total
        for i in range(n):
            total = sum(p[i])
            p[i] = [x / total for x in p[i]]
        if all(abs(sum(p[i][j] for i in range(n)) - 1) < mpf(1e-6) for j in range(n)):
            break
    return p


def neural_ndcg(d, scores, t):
    best = ideal(scores)
    if best == 0:
        return mpf(0)
    s = [t["beta"] * x for x in d]
    n = len(s)
    distance = [sum(abs(a - b) for b in s) for a in s]
    p = [softmax([((n + 1 - 2 * (i + 1)) * s[j] - distance[j]) / t["tau"] for j in range(n)])
         for i in range(n)]
    p = sinkhorn(p)
    g = gains(scores)
    return -sum(sum(p[i][j] * g[j] for j in range(n)) / log2(i + 2) for i in range(n)) / best


def listmle(d, scores, t):
    order = sorted(range(len(d)), key=lambda i: -scores[i])
    s = [t["beta"] * d[i] for i in order]
    # ln softmax of the first of the rest.
    return -sum(log_softmax(s[k:])[0] for k in range(len(s)))


def list_dpo(d, scores, t):
    n = len(d)
    terms = [logistic(t["beta"] * (d[i] - d[j]))
             for i in range(n) for j in range(n) if scores[i] > scores[j]]
    return sum(terms) / len(terms) if terms else mpf(0)


def list_dpo_best(d, scores, t):
    best = max(range(len(d)), key=lambda i: (scores[i], -i))
    terms = [logistic(t["beta"] * (d[best] - x)) for i, x in enumerate(d) if i != best]
    return sum(terms) / len(terms) if terms else mpf(0)


RW = [{"beta": 0.5, "reward_beta": 0.5}, {"beta": 0.1, "reward_beta": 1}]
B = [{"beta": 0.1}, {"beta": 0.5}]
LOSSES = {
    "exo-rw": (exo_rw, RW),
    "dpo-rw": (dpo_rw, RW),
    "approx-ndcg": (approx_ndcg, [{"beta": 0.1, "alpha": 25}, {"beta": 0.1, "alpha": 1}]),
    "neural-ndcg": (neural_ndcg, [{"beta": 0.1, "tau": 1}, {"beta": 0.1, "tau": 0.1}]),
    "listmle": (listmle, B),
    "list-dpo": (list_dpo, B),
    "list-dpo-best": (list_dpo_best, B),
}


def ordinary(seed, rows=4, size=5):
    draw = random.Random(seed)
    batch = {"policy": [], "reference": [], "scores": [], "mask": []}
    for row in range(rows):
        present = size - row % 3
        reference = [draw.randrange(-64 * 200, -64 * 20) / 64 for _ in range(size)]
        policy = [r + draw.randrange(-6 * 64, 6 * 64) / 64 for r in reference]
        # Sixteenths that differ within a list, some below 0: ties are tested by properties.
        scores = [x / 16 for x in draw.sample(range(-16, 48), size)]
        mask = [1.0 if k < present else 0.0 for k in range(size)]
        # Places of padding hold anything: a loss must not read them.
        for k in range(present, size):
            policy[k], reference[k], scores[k] = -9.5, -3.25, 7.0
        for key, v in zip(("policy", "reference", "scores", "mask"),
                          (policy, reference, scores, mask)):
            batch[key].append(v)
    return batch


def extreme(seed, size=4):
    batch = ordinary(seed, 3, size)
    for row, reach in enumerate((300.5, 10000.25, 1000000.5)):
        batch["mask"][row] = [1.0] * size
        batch["scores"][row] = [2.0, 0.5, 1.0, 0.0]
        batch["reference"][row] = [-reach - 30.5] * size
        batch["policy"][row] = [-reach - 30.5 + x * reach for x in (-1.0, 1.0, 0.5, -0.25)]
    return batch


def small():
    """Log-ratios (2, -0.5, 1, -2) and scores (0.9, 0.7, 0.6, 0.2)."""
    return {"policy": [[-20.0, -24.0, -23.0, -30.0]], "reference": [[-22.0, -23.5, -24.0, -28.0]],
            "scores": [[0.9, 0.7, 0.6, 0.2]], "mask": [[1.0] * 4]}


def equal(seed):
    batch = ordinary(seed, 2)
    batch["policy"] = [list(row) for row in batch["reference"]]
    return batch


def cases(evaluate, number):
    out = []
    for name, (loss, sets) in LOSSES.items():
        batches = [("small", small()), ("ordinary", ordinary(5)), ("extreme", extreme(6))]
        # NeuralSort has kinks where two rewards are equal.
        if name != "neural-ndcg":
            batches.append(("equal to the reference", equal(7)))
        for tunables in sets:
            t = {k: mpf(v) for k, v in tunables.items()}
            for label, batch in batches:
                values, gradients = [], []
                for row in range(len(batch["mask"])):
                    places = [k for k, m in enumerate(batch["mask"][row]) if m]
                    columns = {k: [batch[k][row][i] for i in places]
                               for k in ("policy", "reference", "scores")}

                    def f(c, t):
                        d = [a - b for a, b in zip(c["policy"], c["reference"])]
                        return [loss(d, c["scores"], t)]

                    v, g = evaluate(f, columns, t, ["policy"])
                    full = [0.0] * len(batch["mask"][row])
                    for i, x in zip(places, g["policy"]):
                        full[i] = number(x)
                    values.append(number(v[0]))
                    gradients.append(full)
                out.append({"plugin": name, "batch": label, "params": tunables, "columns": batch,
                            "loss": values, "gradients": {"policy": gradients}})
    return out
