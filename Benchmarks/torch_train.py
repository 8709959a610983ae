"""DPO steps of a GPT-2-family model in PyTorch: the other side of `lossmith bench train`.

Same model, tokens and work as the bench: random tokens, full logits on every token, reference
log-probabilities given, AdamW without weight decay, clipping at 1. Prints one JSON line.

    python torch_train.py tiny float32 eager --threads 2 --steps 8
"""

import argparse
import json
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

import memory

START = memory.now()
SHAPES = {  # vocabulary, width, layers, heads, tokens of a row, pairs
    "tiny": (512, 128, 4, 4, 64, 32),
    "mid": (4096, 256, 6, 8, 128, 8),
    "gpt2": (50257, 768, 12, 12, 128, 2),
}


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        rows, tokens, width = x.shape
        q, k, v = self.attention(self.norm1(x)).split(width, dim=2)
        q, k, v = (
            y.view(rows, tokens, self.heads, width // self.heads).transpose(1, 2)
            for y in (q, k, v)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(rows, tokens, width))
        return x + self.contract(F.gelu(self.expand(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, tokens):
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens):
        x = self.token(tokens) + self.position.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.token.weight.T


def sequence_log_probability(model, rows):
    logits = model(rows[:, :-1])
    return -F.cross_entropy(
        logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none"
    ).view(rows.shape[0], -1).float().sum(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("precision", choices=["float32", "bfloat16"])
    parser.add_argument("mode", choices=["eager", "compile"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    vocabulary, width, layers, heads, tokens, pairs = SHAPES[options.shape]
    model = GPT(vocabulary, width, layers, heads, tokens)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0, fused=True)
    rows = torch.randint(vocabulary, (2 * pairs, tokens + 1))
    score = sequence_log_probability
    if options.mode == "compile":
        score = torch.compile(score)
    precision = torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bfloat16")
    with torch.no_grad(), precision:
        reference = sequence_log_probability(model, rows)

    def step():
        with precision:
            scores = score(model, rows)
        logits = scores - reference
        loss = -F.logsigmoid(0.1 * (logits[:pairs] - logits[pairs:])).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        return loss.item()

    for _ in range(3):
        loss = step()
        assert math.isfinite(loss)
    times = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    print(
        json.dumps(
            {
                "shape": options.shape,
                "precision": options.precision,
                "mode": options.mode,
                "torch": torch.__version__,
                "threads": options.threads,
                "step_seconds": median,
                "fastest_step_seconds": min(times),
                "tokens_per_second": 2 * pairs * tokens / median,
                "start_mb": START,
                "peak_mb": memory.peak(),
            }
        )
    )


if __name__ == "__main__":
    main()
