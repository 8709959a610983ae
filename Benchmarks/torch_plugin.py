"""LRML in PyTorch eager, value and gradients: the other side of `lossmith bench plugin`.

The same loss in its stable form on the same kind of batch: 64 pairs of log-probabilities, float64,
gradients with respect to the policy's two columns, one thread. Prints one JSON line; the least of many
rounds counts, since other programs only ever add time.

    python torch_plugin.py --rows 64
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F


def lrml(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta, tau):
    x = beta * ((policy_chosen - policy_rejected) - (reference_chosen - reference_rejected))
    gate = x / tau
    return torch.sigmoid(-gate) * F.softplus(-x) + torch.exp(F.logsigmoid(gate) - x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    dtype = getattr(torch, arguments.dtype)
    reference = [-400 * torch.rand(arguments.rows, dtype=dtype) for _ in range(2)]
    policy = [
        (column + 5 * torch.randn(arguments.rows, dtype=dtype)).requires_grad_() for column in reference
    ]

    def call():
        value = lrml(*policy, *reference, 0.1, 0.05)
        return torch.autograd.grad(value.sum(), policy)

    for _ in range(200):
        call()
    least = float("inf")
    end = time.perf_counter() + arguments.seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(100):
            call()
        least = min(least, (time.perf_counter() - start) / 100)
    print(
        json.dumps(
            {"torch": torch.__version__, "rows": arguments.rows, "dtype": arguments.dtype, "call": least * 1e6}
        )
    )


if __name__ == "__main__":
    main()
