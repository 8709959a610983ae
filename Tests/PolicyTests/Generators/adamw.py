"""Prints the constants of AdamWTests.swift, computed by PyTorch (torch 2.x, float64, CPU).

    python3 adamw.py
"""
import torch

GRADIENTS = [
    [0.5, -2.0, 1e-6, 0.0],
    [0.25, -2.5, -3e-6, 0.0],
    [-1.0, 4.0, 2e-6, 0.0],
    [0.125, 0.0, 5e-6, 0.0],
]
RATES = [0.1, 0.05, 0.1, 0.01]


def run(weight_decay: float) -> list[list[float]]:
    parameters = torch.tensor([1.0, -0.5, 3.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.AdamW(
        [parameters], lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay
    )
    trace = []
    for gradient, rate in zip(GRADIENTS, RATES):
        optimiser.param_groups[0]["lr"] = rate
        parameters.grad = torch.tensor(gradient, dtype=torch.float64)
        optimiser.step()
        trace.append(parameters.detach().tolist())
    return trace


for decay in (0.0, 0.1):
    print(f"weight decay {decay}")
    for row in run(decay):
        print("    [" + ", ".join(repr(value) for value in row) + "],")
