#!/usr/bin/env python3
"""Runs Lossmith and PyTorch alternately on this machine and prints the ratios.

    Benchmarks/compare.py train                      # training steps of three shapes
    Benchmarks/compare.py epoch --policy FOLDER      # an epoch of DPO beside TRL's DPOTrainer
    Benchmarks/compare.py sample --policy FOLDER     # sampling beside transformers' generate

torch, transformers and trl are installed into Benchmarks/.venv (or use --python). The best of the
rounds counts for both sides, so that other load of the machine hurts neither.
"""

import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / ".build" / "release" / "lossmith"


def environment(needs):
    """Python of an own virtual environment with what the comparison needs."""
    folder = HERE / ".venv"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    missing = subprocess.run(
        [python, "-c", "import " + ", ".join(needs)], capture_output=True
    ).returncode
    if missing:
        print("installing " + ", ".join(needs) + " …", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *needs], check=True)
    return python


def snake(value):
    """The same document with keys as Python writes them: tokensPerSecond becomes tokens_per_second."""
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), k): snake(v) for k, v in value.items()}
    return [snake(part) for part in value] if isinstance(value, list) else value


def run(*command):
    """The JSON that a command prints, and the peak of its memory in MB where it tells none."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr[-2000:]}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    text = result.stdout.strip()
    value = snake(json.loads(text[text.rindex("\n{") :] if "\n{" in text and text[0] not in "[{" else text))
    if isinstance(value, list):
        value = value[0]
    # The maximum over all children so far is this one's only when it grew.
    value.setdefault("peak_mb", peak / 1024 if peak > before else None)
    return value


def best(values):
    return max(value for value in values if value is not None)


def table(title, ours, theirs, unit):
    print(f"\n{title}")
    print(f"  {'Lossmith':<28}{ours:>10.0f} {unit}")
    for name, rate in theirs.items():
        print(f"  {name:<28}{rate:>10.0f} {unit}   ratio {ours / rate:.2f}")


def train(options, python):
    variants = [("float32", "eager"), ("float32", "compile")]
    if not options.float32_only:
        variants += [("bfloat16", "eager"), ("bfloat16", "compile")]
    for shape in options.shapes:
        ours, shares, theirs = [], [], {}
        for _ in range(options.rounds):
            mine = run(
                PROGRAM, "bench", "train", shape, "--threads", options.threads, "--steps",
                options.steps, "--json",
            )["result"]
            ours.append(mine["tokens_per_second"])
            shares.append(mine["product_seconds"] / mine["step_seconds"])
            for precision, mode in variants:
                other = run(
                    python, HERE / "torch_train.py", shape, precision, mode, "--threads",
                    options.threads, "--steps", options.steps,
                )
                theirs.setdefault(f"PyTorch {precision} {mode}", []).append(
                    other["tokens_per_second"]
                )
        rates = {name: best(values) for name, values in theirs.items()}
        table(f"{shape} (share of the products' ceiling {best(shares):.2f})", best(ours), rates,
              "tokens/s")


def policy_rates(options, python, command, script, ours_key, flags, unit, name):
    ours, theirs = [], {}
    for _ in range(options.rounds):
        mine = run(
            PROGRAM, "bench", command, "--policy", options.policy, "--threads", options.threads,
            *flags, "--json",
        )
        ours.append(mine[ours_key])
        for precision in ["float32"] if options.float32_only else ["float32", "bfloat16"]:
            other = run(
                python, HERE / script, options.policy, precision, "--threads", options.threads,
                *flags,
            )
            theirs.setdefault(f"{name} {precision}", []).append(other[ours_key])
    table(command, best(ours), {key: best(values) for key, values in theirs.items()}, unit)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["train", "epoch", "sample"])
    parser.add_argument("--policy", help="a Hugging Face folder, for epoch and sample")
    parser.add_argument("--shapes", nargs="+", default=["tiny", "mid", "gpt2"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--float32-only", action="store_true")
    parser.add_argument("--python", help="a Python that has torch (and transformers, trl)")
    options = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("Build the program first: make build.")
    if options.what != "train" and not options.policy:
        sys.exit("--policy names the Hugging Face folder to run with.")
    needs = {
        "train": ["torch", "numpy"],
        "epoch": ["torch", "transformers", "datasets", "trl"],
        "sample": ["torch", "transformers"],
    }[options.what]
    python = options.python or environment(needs)
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
    main()
