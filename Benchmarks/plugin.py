#!/usr/bin/env python3
"""Runs `lossmith bench plugin` and the same loss in PyTorch eager alternately; prints the ratio.

    Benchmarks/plugin.py [--python PYTHON] [--program LOSSMITH] [--rounds 3]

torch is installed into Benchmarks/.venv unless --python names one that has it. Both sides run on one
thread in float64; the best of the rounds counts for both. The project promises at least 8 times: the
exit code is 1 where it is less, or where something failed.
"""

import argparse

from comparison import HERE, PROGRAM, end, positive, python_with, require_program, run

PROMISE = 8


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", help="a Python that has torch")
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("--rows", type=positive, default=64)
    parser.add_argument("--rounds", type=positive, default=3)
    options = parser.parse_args()
    options.program = require_program(parser, options.program)
    return options


def main():
    options = arguments()
    python = python_with(["torch"], options.python)
    rows = ["--rows", options.rows]
    ours, theirs = [], []
    for _ in range(options.rounds):
        bench = run(options.program, "bench", "plugin", "lrml", *rows, "--json")
        ours.append(bench["call"]["measured"])
        theirs.append(run(python, HERE / "torch_plugin.py", *rows)["call"])
    ratio = min(theirs) / min(ours)
    print(f"lossmith  {min(ours):8.2f} µs")
    print(f"torch     {min(theirs):8.2f} µs")
    print(f"ratio     {ratio:8.1f}  (at least {PROMISE})")
    return 0 if ratio >= PROMISE else 1


if __name__ == "__main__":
    end(main)
