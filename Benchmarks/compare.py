#!/usr/bin/env python3
"""Runs Lossmith and PyTorch alternately on this machine and prints the ratios.

    Benchmarks/compare.py train                      # training steps of three shapes
    Benchmarks/compare.py epoch --policy FOLDER      # an epoch of DPO beside TRL's DPOTrainer
    Benchmarks/compare.py sample --policy FOLDER     # sampling beside transformers' generate

torch, transformers, trl and datasets are installed into Benchmarks/.venv, some gigabytes; --python
names a Python that has them. The best of the rounds counts for both sides, so that other load of
the machine hurts neither. Memory is the peak of resident memory of the whole process, and what of
it was added after the program was loaded (for Python: after its imports).
"""

import argparse
import pathlib

from comparison import HERE, PROGRAM, end, positive, python_with, require_program, run

SHAPES = ["tiny", "mid", "gpt2"]
# Flags that hold for some comparisons only, with their defaults.
OWN = {
    "policy": (["epoch", "sample"], None),
    "shapes": (["train"], SHAPES),
    "steps": (["train"], 10),
    "pairs": (["epoch"], 2000),
}


class Side:
    """The runs of one program: the best rate, and the least memory of a round."""

    def __init__(self, name):
        self.name, self.rates, self.peaks, self.added = name, [], [], []

    def add(self, rate, memory):
        self.rates.append(rate)
        self.peaks.append(memory["peak_mb"])
        self.added.append(memory["peak_mb"] - memory["start_mb"])

    @property
    def rate(self):
        return max(self.rates)

    @property
    def memory(self):
        return min(self.peaks), min(self.added)


def table(title, ours, theirs, unit):
    """Rates and memory of all sides; ratios say how much better Lossmith is."""
    print(f"\n{title}")
    width = max(len(side.name) for side in [ours, *theirs]) + 2
    heads = [unit, "ratio", "peak MB", "ratio", "added MB", "ratio"]
    print("  " + " " * width + "".join(f"{head:>11}" for head in heads))
    for side in [ours, *theirs]:
        (peak, added), (our_peak, our_added) = side.memory, ours.memory
        cells = [f"{side.rate:.0f}", "", f"{peak:.0f}", "", f"{added:.0f}", ""]
        if side is not ours:
            cells[1] = f"{ours.rate / side.rate:.2f}"
            cells[3] = f"{peak / our_peak:.2f}"
            cells[5] = f"{added / max(our_added, 0.1):.2f}"
        print(f"  {side.name:<{width}}" + "".join(f"{cell:>11}" for cell in cells))


def train(options, python):
    variants = [("float32", "eager"), ("float32", "compile")]
    if not options.float32_only:
        variants += [("bfloat16", "eager"), ("bfloat16", "compile")]
    flags = ["--threads", options.threads, "--steps", options.steps]
    for shape in options.shapes:
        ours, shares = Side("Lossmith"), []
        theirs = {variant: Side(f"PyTorch {' '.join(variant)}") for variant in variants}
        for _ in range(options.rounds):
            mine = run(PROGRAM, "bench", "train", shape, *flags, "--json")
            ours.add(mine["result"]["tokens_per_second"], mine["memory"])
            shares.append(mine["share_of_ceiling"])
            for variant, side in theirs.items():
                other = run(python, HERE / "torch_train.py", shape, *variant, *flags)
                side.add(other["tokens_per_second"], other)
        title = f"{shape} (share of the products' ceiling {max(shares):.2f})"
        table(title, ours, theirs.values(), "tokens/s")


def policy_rates(options, python, command, script, key, flags, unit, name):
    ours = Side("Lossmith")
    precisions = ["float32"] if options.float32_only else ["float32", "bfloat16"]
    theirs = {precision: Side(f"{name} {precision}") for precision in precisions}
    flags = ["--threads", options.threads, *flags]
    for _ in range(options.rounds):
        mine = run(PROGRAM, "bench", command, "--policy", options.policy, *flags, "--json")
        ours.add(mine[key], mine["memory"])
        for precision, side in theirs.items():
            other = run(python, HERE / script, options.policy, precision, *flags)
            side.add(other[key], other)
    table(command, ours, theirs.values(), unit)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["train", "epoch", "sample"])
    parser.add_argument("--policy", help="a Hugging Face folder, for epoch and sample")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, help="of train (default: all)")
    parser.add_argument("--steps", type=positive, help="steps that are timed, of train (default: 10)")
    parser.add_argument("--pairs", type=positive, help="pairs of the epoch (default: 2000)")
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--rounds", type=positive, default=2)
    parser.add_argument("--float32-only", action="store_true")
    parser.add_argument("--python", help="a Python that has torch (and transformers, trl, datasets)")
    options = parser.parse_args()
    for flag, (holders, default) in OWN.items():
        if getattr(options, flag) is None:
            setattr(options, flag, default)
        elif options.what not in holders:
            parser.error(f"--{flag} is a flag of {' and '.join(holders)}, not of {options.what}")
    if options.what != "train":
        if not options.policy:
            parser.error("--policy names the Hugging Face folder to run with")
        if not (pathlib.Path(options.policy) / "config.json").exists():
            parser.error(f"--policy: {options.policy} is no Hugging Face folder: no config.json")
    require_program(parser, PROGRAM)
    return options


def main():
    options = arguments()
    needs = {
        "train": ["torch", "numpy"],
        "epoch": ["torch", "transformers", "datasets", "trl"],
        "sample": ["torch", "transformers"],
    }[options.what]
    python = python_with(needs, options.python)
    if options.what == "train":
        train(options, python)
    elif options.what == "epoch":
        flags = ["--pairs", options.pairs]
        policy_rates(options, python, "epoch", "torch_epoch.py", "pairs_per_second", flags,
                     "pairs/s", "TRL DPOTrainer")
    else:
        policy_rates(options, python, "sample", "torch_generate.py", "tokens_per_second", [],
                     "tokens/s", "generate")


if __name__ == "__main__":
    end(main)
