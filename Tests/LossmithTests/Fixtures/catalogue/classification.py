"""The classification losses of the catalogue at 130 digits, and their batches."""
import random

from mpmath import exp, log, mp, mpf

mp.dps = 130


def softmax(z):
    top = max(z)
    e = [exp(x - top) for x in z]
    total = sum(e)
    return [x / total for x in e]


def cross_entropy(z, y):
    top = max(z)
    return log(sum(exp(x - top) for x in z)) + top - z[y]


def smoothed(z, y, e):
    return (1 - e) * cross_entropy(z, y) + e * sum(
        cross_entropy(z, k) for k in range(len(z))) / len(z)


def squared(z, y):
    p = softmax(z)
    return sum((p[k] - (1 if k == y else 0)) ** 2 for k in range(len(z)))


def tempered(z, t):
    return [x / t["temperature"] for x in z]


def focal(z, y, t):
    p = softmax(z)
    rest = sum(p[k] for k in range(len(z)) if k != y)
    return (rest ** t["gamma"] if t["gamma"] else mpf(1)) * cross_entropy(z, y)


LOSSES = {
    "cross-entropy": (lambda z, y, t: cross_entropy(z, y), [{}]),
    "cross-entropy-smoothed": (lambda z, y, t: smoothed(z, y, t["label_smoothing"]),
                               [{"label_smoothing": 0.1}]),
    "cross-entropy-tempered": (lambda z, y, t: cross_entropy(tempered(z, t), y),
                               [{"temperature": 2}, {"temperature": 0.5}]),
    "squared-error": (lambda z, y, t: squared(z, y), [{}]),
    "focal": (focal, [{"gamma": 2}, {"gamma": 0.5}, {"gamma": 0}]),
    "cross-entropy-squared": (lambda z, y, t: (1 - t["weight"]) * cross_entropy(z, y)
                              + t["weight"] * squared(z, y), [{"weight": 0.3}]),
    "cross-entropy-tempered-smoothed": (
        lambda z, y, t: smoothed(tempered(z, t), y, t["label_smoothing"]),
        [{"temperature": 2, "label_smoothing": 0.1}]),
}


def ordinary(seed, rows=5, classes=4):
    draw = random.Random(seed)
    return {"logits": [[draw.randrange(-5 * 64, 5 * 64) / 64 for _ in range(classes)]
                       for _ in range(rows)],
            "labels": [draw.randrange(classes) for _ in range(rows)]}


def small():
    """The three classes of the shared reference values."""
    return {"logits": [[0.3, -1.2, 0.8]] * 3, "labels": [0, 1, 2]}


def extreme():
    rows, labels = [], []
    for reach in (50.5, 800.25, 10000.5, 1000000.25):
        for label in range(3):
            rows.append([reach, -reach, 0.75])
            labels.append(label)
    return {"logits": rows, "labels": labels}


def uniform():
    return {"logits": [[0.0] * 5, [-3.5] * 5], "labels": [4, 0]}


def cases(evaluate, number):
    out = []
    batches = [("small", small()), ("ordinary", ordinary(8)), ("extreme", extreme()),
               ("uniform", uniform())]
    for name, (loss, sets) in LOSSES.items():
        for tunables in sets:
            t = {k: mpf(v) for k, v in tunables.items()}
            for label, batch in batches:
                values, gradients = [], []
                for z, y in zip(batch["logits"], batch["labels"]):
                    v, g = evaluate(lambda c, t: [loss(c["z"], y, t)], {"z": z}, t, ["z"])
                    values.append(number(v[0]))
                    gradients.append([number(x) for x in g["z"]])
                out.append({"plugin": name, "batch": label, "params": tunables,
                            "columns": batch, "loss": values,
                            "gradients": {"logits": gradients}})
    return out
