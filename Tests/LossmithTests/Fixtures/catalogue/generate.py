#!/usr/bin/env python3
"""Writes the vectors of the catalogue: pairwise.json, listwise.json, classification.json.

    python3 Tests/LossmithTests/Fixtures/catalogue/generate.py

Needs mpmath (1.3.0). Values are computed at 130 digits from the formulas as printed; derivatives
are central differences of those at a step of 1e-36, exact to about 70 digits. Inputs are doubles,
taken as the exact numbers they are. Everything is deterministic.
"""
import json
import os
import random

from mpmath import mp, mpf, isfinite

import classification
import listwise
import pairwise
from pairwise import Batch, COUPLED, LOSSES

mp.dps = 130
STEP = mpf(10) ** -36
LARGEST = mpf(2) ** 1023
FOLDER = os.path.dirname(os.path.abspath(__file__))

NAMES = {
    "pc": "policy_chosen", "pr": "policy_rejected", "rc": "reference_chosen",
    "rr": "reference_rejected", "nc": "chosen_tokens", "nr": "rejected_tokens",
    "sc": "chosen_score", "sr": "rejected_score", "sm": "score_margin", "w": "weight",
}


def ordinary(seed, rows):
    """Completions of 5 to 200 tokens, margins of a few nats, numbers that are sums of 1/64."""
    draw = random.Random(seed)

    def grid(low, high):
        return draw.randrange(int(low * 64), int(high * 64)) / 64

    b = {k: [] for k in NAMES}
    for _ in range(rows):
        rc, rr = grid(-300, -20), grid(-300, -20)
        b["rc"].append(rc)
        b["rr"].append(rr)
        b["pc"].append(rc + grid(-8, 8) + 1 / 128)
        b["pr"].append(rr + grid(-8, 8))
        b["nc"].append(float(draw.randrange(5, 200)))
        b["nr"].append(float(draw.randrange(5, 200)))
        b["sc"].append(grid(0, 3))
        b["sr"].append(grid(-2, 1))
        b["sm"].append(grid(0, 3))
        b["w"].append(grid(0.25, 2))
    return b


def equal(seed, rows):
    """The first step of training: the policy is the reference."""
    b = ordinary(seed, rows)
    b["pc"], b["pr"] = list(b["rc"]), list(b["rr"])
    return b


def extreme(seed):
    """Margins of ±50 to ±1.25e6, first by the chosen completion, then by the rejected one."""
    sizes = [50.015625, 300.25, 2000.5, 10000.125, 100000.75, 1000000.5]
    margins = [s * sign for s in sizes for sign in (1, -1)]
    b = ordinary(seed, 2 * len(margins))
    # No margin twice, nor a log-ratio of the policy: a tie is a kink of what sorts.
    for i, m in enumerate(margins + [1.25 * m for m in margins]):
        # Log-probabilities stay below 0 whichever side moves.
        by_chosen = i < len(margins)
        base = -1.5 * abs(m) - 20.25
        b["rc"][i], b["rr"][i] = (base, -35.75) if by_chosen else (-35.75, base)
        b["pc"][i] = b["rc"][i] + (m if by_chosen else 0.0625)
        b["pr"][i] = b["rr"][i] + (0.0625 if by_chosen else -m)
    return b


def number(x):
    """The double nearest to a number; None where there is none."""
    if not isfinite(x) or abs(x) >= LARGEST:
        return None
    return float(x)


def evaluate(f, columns, tunables, varied):
    """Values, and the derivative of their sum by every element of the columns in `varied`."""
    values, gradients = differences(f, columns, tunables, varied)
    if max(abs(v) for v in values) > mpf(10) ** 30 and None not in map(number, values):
        # A small derivative beside a value of up to 1e308 needs more digits.
        with mp.workdps(500):
            values, gradients = differences(f, columns, tunables, varied)
    return values, gradients


def differences(f, columns, tunables, varied):
    exact = {k: [mpf(v) for v in column] for k, column in columns.items()}
    values = f(exact, tunables)
    gradients = {}
    for key in varied:
        gradients[key] = []
        for i in range(len(exact[key])):
            x = exact[key][i]
            exact[key][i] = x + STEP
            up = f(exact, tunables)
            exact[key][i] = x - STEP
            down = f(exact, tunables)
            exact[key][i] = x
            gradients[key].append(sum(a - b for a, b in zip(up, down)) / (2 * STEP))
    return values, gradients


def pairwise_case(name, label, batch, tunables):
    keys, loss, _ = LOSSES[name]
    exact_tunables = {k: mpf(v) for k, v in tunables.items()}
    columns = {k: list(batch[k]) for k in keys}
    varied = [k for k in ("pc", "pr") if k in keys]

    def f(exact, t):
        return loss(Batch(exact), t)

    if name not in COUPLED:
        # Row by row: fewer evaluations, and rows beyond the range of doubles fall out.
        kept = {k: [] for k in keys}
        values, gradients = [], {k: [] for k in varied}
        for i in range(len(columns["pc"])):
            row = {k: [columns[k][i]] for k in keys}
            v, g = evaluate(f, row, exact_tunables, varied)
            numbers = [number(v[0])] + [number(g[k][0]) for k in varied]
            if None in numbers:
                continue
            for k in keys:
                kept[k].append(columns[k][i])
            values.append(numbers[0])
            for k, n in zip(varied, numbers[1:]):
                gradients[k].append(n)
        columns = kept
    else:
        v, g = evaluate(f, columns, exact_tunables, varied)
        values = [number(x) for x in v]
        gradients = {k: [number(x) for x in g[k]] for k in varied}
        if None in values or any(None in g for g in gradients.values()):
            return None
    if not values:
        return None
    return {
        "plugin": name, "batch": label, "params": tunables,
        "columns": {NAMES[k]: c for k, c in columns.items()}, "loss": values,
        "gradients": {NAMES[k]: c for k, c in gradients.items()},
    }


# Where policy and reference agree, these have a jump or a kink: no derivative to compare.
SHARP_AT_EQUAL = {"padll", "pfl", "pfl-repo", "kto-pair", "aqfl", "aqfl-repo", "dpop", "aot",
                  "aot-unpaired"}


def pairwise_cases():
    cases = []
    for name, (_, _, sets) in LOSSES.items():
        for tunables in sets:
            batches = [("ordinary", ordinary(1, 7)), ("one row", ordinary(2, 1))]
            if name not in SHARP_AT_EQUAL:
                batches.append(("equal to the reference", equal(3, 4)))
            batches.append(("extreme margins", extreme(4)))
            for label, batch in batches:
                case = pairwise_case(name, label, batch, tunables)
                if case:
                    cases.append(case)
    return cases


def write(file, cases):
    with open(os.path.join(FOLDER, file), "w") as out:
        out.write('{"cases": [\n')
        out.write(",\n".join(json.dumps(c) for c in cases))
        out.write("\n]}\n")
    print(file, len(cases))


if __name__ == "__main__":
    write("pairwise.json", pairwise_cases())
    write("listwise.json", listwise.cases(evaluate, number))
    write("classification.json", classification.cases(evaluate, number))
