"""Gradients of a small GPT-2 in PyTorch, for TransformerTorchTests.

    pip install torch && python transformer_torch.py > ../Golden/transformer-torch.json

Parameters follow a formula that the test repeats, so only results are stored. All in float64.
The sizes are odd on purpose: no extent but the head's is a multiple of a vector.
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)

V, T, D, L, H, F = 37, 12, 18, 2, 3, 29
ROWS = [  # tokens, first scored token
    ([1, 5, 9, 30, 36, 2, 0], 3),
    ([7, 7, 3], 1),
    ([4, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22], 6),
    ([8, 0], 1),
    # The first row's prompt again; the last one's completion is a single token.
    ([1, 5, 9, 4, 4, 8], 3),
    ([1, 5, 9, 0], 3),
]
ROW_GRADIENTS = [0.75, -0.5, 0.3, -1.25, -0.9, 0.4]


def shapes():
    yield "transformer.wte.weight", (V, D)
    yield "transformer.wpe.weight", (T, D)
    for i in range(L):
        p = f"transformer.h.{i}."
        yield p + "ln_1.weight", (D,)
        yield p + "ln_1.bias", (D,)
        yield p + "attn.c_attn.weight", (D, 3 * D)
        yield p + "attn.c_attn.bias", (3 * D,)
        yield p + "attn.c_proj.weight", (D, D)
        yield p + "attn.c_proj.bias", (D,)
        yield p + "ln_2.weight", (D,)
        yield p + "ln_2.bias", (D,)
        yield p + "mlp.c_fc.weight", (D, F)
        yield p + "mlp.c_fc.bias", (F,)
        yield p + "mlp.c_proj.weight", (F, D)
        yield p + "mlp.c_proj.bias", (D,)
    yield "transformer.ln_f.weight", (D,)
    yield "transformer.ln_f.bias", (D,)


def parameters():
    result = {}
    for index, (name, shape) in enumerate(shapes()):
        count = math.prod(shape)
        values = [0.25 * math.sin(1.7 * place + 0.9 * index + 0.3) for place in range(count)]
        if len(shape) == 1 and name.endswith(".weight"):
            values = [1 + value for value in values]
        # Through float32, as the test's parameters are.
        tensor = torch.tensor(values).to(torch.float32).to(torch.float64).reshape(shape)
        result[name] = tensor.requires_grad_()
    return result


def logits(p, tokens, activation):
    x = p["transformer.wte.weight"][tokens] + p["transformer.wpe.weight"][: len(tokens)]
    n = len(tokens)
    mask = torch.ones(n, n, dtype=torch.bool).tril()

    def norm(x, name):
        return torch.nn.functional.layer_norm(x, (D,), p[name + ".weight"], p[name + ".bias"], 1e-5)

    for i in range(L):
        b = f"transformer.h.{i}."
        h = norm(x, b + "ln_1")
        qkv = h @ p[b + "attn.c_attn.weight"] + p[b + "attn.c_attn.bias"]
        q, k, v = (part.reshape(n, H, D // H).transpose(0, 1) for part in qkv.split(D, -1))
        scores = (q @ k.transpose(1, 2)) / math.sqrt(D // H)
        weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
        attended = (weights @ v).transpose(0, 1).reshape(n, D)
        x = x + attended @ p[b + "attn.c_proj.weight"] + p[b + "attn.c_proj.bias"]
        h = norm(x, b + "ln_2") @ p[b + "mlp.c_fc.weight"] + p[b + "mlp.c_fc.bias"]
        h = torch.nn.functional.gelu(h, approximate=activation)
        x = x + h @ p[b + "mlp.c_proj.weight"] + p[b + "mlp.c_proj.bias"]
    return norm(x, "transformer.ln_f") @ p["transformer.wte.weight"].T


def case(activation):
    p = parameters()
    scores = []
    for tokens, first in ROWS:
        log_p = logits(p, torch.tensor(tokens[:-1]), activation).log_softmax(-1)
        scores.append(sum(log_p[i - 1, tokens[i]] for i in range(first, len(tokens))))
    total = sum(g * s for g, s in zip(ROW_GRADIENTS, scores))
    total.backward()
    return {
        "activation": {"tanh": "gelu_new", "none": "gelu"}[activation],
        "log_probabilities": [s.item() for s in scores],
        "gradients": {
            name: [float(f"{x:.7g}") for x in t.grad.flatten().tolist()] for name, t in p.items()
        },
    }


print(json.dumps({
    "vocab_size": V, "n_positions": T, "n_embd": D, "n_layer": L, "n_head": H, "n_inner": F,
    "rows": [{"tokens": t, "first_scored": f} for t, f in ROWS],
    "row_gradients": ROW_GRADIENTS,
    "cases": [case("tanh"), case("none")],
}, separators=(",", ":")))
