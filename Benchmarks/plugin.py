#!/usr/bin/env python3
"""Runs `lossmith bench plugin` and the same loss in PyTorch eager alternately; prints the ratio.

    Benchmarks/plugin.py [--python PYTHON] [--program LOSSMITH] [--rounds 3]

torch is installed into Benchmarks/.venv unless --python names one that has it. Both sides run on one
thread in float64; the best of the rounds counts for both. The project promises at least 8 times.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from compare import HERE, PROGRAM, Failure, environment

PROMISE = 8


def run(*command):
    """The JSON document that a command prints."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=pathlib.Path, help="a Python that has torch")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    try:
        python = arguments.python or environment(["torch"])
    except Failure as failure:
        sys.exit(f"plugin.py: {failure}")
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        bench = run(
            arguments.program, "bench", "plugin", "lrml", "--rows", arguments.rows, "--json"
        )
        ours.append(bench["call"]["measured"])
        theirs.append(
            run(python, HERE / "torch_plugin.py", "--rows", arguments.rows)["call"]
        )
    ratio = min(theirs) / min(ours)
    print(f"lossmith  {min(ours):8.2f} µs")
    print(f"torch     {min(theirs):8.2f} µs")
    print(f"ratio     {ratio:8.1f}  (at least {PROMISE})")
    sys.exit(0 if ratio >= PROMISE else 1)


if __name__ == "__main__":
    main()
