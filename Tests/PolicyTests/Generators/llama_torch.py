"""Gradients of small Llamas in PyTorch, for LlamaTorchTests.

    pip install torch transformers && python llama_torch.py > ../Golden/llama-torch.json

Parameters follow a formula that the test repeats, so only results are stored. All in float64. The
model is written out here, since transformers normalises and rotates in float32 whatever the type of
the weights; its logits of the same weights are compared, and stored for the test.
The sizes are odd on purpose: no extent but the head's is a multiple of a vector.
"""

import json
import math

import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.set_default_dtype(torch.float64)

V, T, L, F, EPSILON = 37, 12, 2, 29, 1e-5
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
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
CASES = [
    # Heads wider than the stream, two to a key.
    {"hidden_size": 20, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
     "tie_word_embeddings": False, "rope_theta": 10000.0, "rope_scaling": None},
    # One key for all heads.
    {"hidden_size": 18, "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 6,
     "tie_word_embeddings": True, "rope_theta": 100.0, "rope_scaling": LLAMA3},
    {"hidden_size": 12, "num_attention_heads": 3, "num_key_value_heads": 3, "head_dim": 4,
     "tie_word_embeddings": True, "rope_theta": 500.0,
     "rope_scaling": {"rope_type": "linear", "factor": 2.0}},
]


def shapes(c):
    D, A = c["hidden_size"], c["num_attention_heads"] * c["head_dim"]
    K = c["num_key_value_heads"] * c["head_dim"]
    yield "model.embed_tokens.weight", (V, D)
    for i in range(L):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", (D,)
        yield p + "self_attn.q_proj.weight", (A, D)
        yield p + "self_attn.k_proj.weight", (K, D)
        yield p + "self_attn.v_proj.weight", (K, D)
        yield p + "self_attn.o_proj.weight", (D, A)
        yield p + "post_attention_layernorm.weight", (D,)
        yield p + "mlp.gate_proj.weight", (F, D)
        yield p + "mlp.up_proj.weight", (F, D)
        yield p + "mlp.down_proj.weight", (D, F)
    yield "model.norm.weight", (D,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (V, D)


def parameters(c):
    result = {}
    for index, (name, shape) in enumerate(shapes(c)):
        count = math.prod(shape)
        values = [0.25 * math.sin(1.7 * place + 0.9 * index + 0.3) for place in range(count)]
        if len(shape) == 1:
            values = [1 + value for value in values]
        # Through float32, as the test's parameters are.
        tensor = torch.tensor(values).to(torch.float32).to(torch.float64).reshape(shape)
        result[name] = tensor.requires_grad_()
    return result


def frequencies(c):
    d, scaling = c["head_dim"], c["rope_scaling"]
    plain = [c["rope_theta"] ** (-2 * i / d) for i in range(d // 2)]
    if scaling is None:
        return plain
    factor = scaling["factor"]
    if scaling["rope_type"] == "linear":
        return [f / factor for f in plain]
    result = []
    for f in plain:
        turns = scaling["original_max_position_embeddings"] * f / (2 * math.pi)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        share = min(max((turns - low) / (high - low), 0), 1)
        result.append((1 - share) * f / factor + share * f)
    return result


def logits(p, c, tokens):
    H, KV, d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
    n = len(tokens)
    mask = torch.ones(n, n, dtype=torch.bool).tril()
    angles = torch.arange(n, dtype=torch.float64)[:, None] * torch.tensor(frequencies(c))
    cos, sin = angles.cos(), angles.sin()

    def norm(x, name):
        return x * (x.pow(2).mean(-1, keepdim=True) + EPSILON).rsqrt() * p[name + ".weight"]

    def turn(x):
        a, b = x[..., : d // 2], x[..., d // 2:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def heads(x, name, count):
        return (x @ p[name + ".weight"].T).reshape(n, count, d).transpose(0, 1)

    x = p["model.embed_tokens.weight"][tokens]
    for i in range(L):
        b = f"model.layers.{i}."
        h = norm(x, b + "input_layernorm")
        q = turn(heads(h, b + "self_attn.q_proj", H))
        k = turn(heads(h, b + "self_attn.k_proj", KV)).repeat_interleave(H // KV, 0)
        v = heads(h, b + "self_attn.v_proj", KV).repeat_interleave(H // KV, 0)
        weights = (q @ k.transpose(1, 2) / math.sqrt(d)).masked_fill(~mask, -math.inf).softmax(-1)
        attended = (weights @ v).transpose(0, 1).reshape(n, H * d)
        x = x + attended @ p[b + "self_attn.o_proj.weight"].T
        h = norm(x, b + "post_attention_layernorm")
        gate = torch.nn.functional.silu(h @ p[b + "mlp.gate_proj.weight"].T)
        x = x + (gate * (h @ p[b + "mlp.up_proj.weight"].T)) @ p[b + "mlp.down_proj.weight"].T
    head = "model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"
    return norm(x, "model.norm") @ p[head].T


def transformers_logits(p, c, tokens):
    torch.set_default_dtype(torch.float32)
    positions = {"rope_theta": c["rope_theta"], **(c["rope_scaling"] or {"rope_type": "default"})}
    own = {k: v for k, v in c.items() if not k.startswith("rope_")}
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=V, max_position_embeddings=T, num_hidden_layers=L, intermediate_size=F,
        rms_norm_eps=EPSILON, rope_parameters=positions, **own)).eval()
    weights = {name: t.detach().float() for name, t in p.items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    with torch.no_grad():
        result = model(torch.tensor([tokens])).logits[0]
    torch.set_default_dtype(torch.float64)
    return result


def case(c):
    p = parameters(c)
    scores = []
    for tokens, first in ROWS:
        log_p = logits(p, c, torch.tensor(tokens[:-1])).log_softmax(-1)
        scores.append(sum(log_p[i - 1, tokens[i]] for i in range(first, len(tokens))))
    longest = max((tokens for tokens, _ in ROWS), key=len)[:-1]
    theirs = transformers_logits(p, c, longest)
    ours = logits(p, c, torch.tensor(longest))
    assert (theirs.double() - ours).abs().max() < 2e-5, (theirs.double() - ours).abs().max()
    total = sum(g * s for g, s in zip(ROW_GRADIENTS, scores))
    total.backward()
    return {
        "config": {"vocab_size": V, "max_position_embeddings": T, "num_hidden_layers": L,
                   "intermediate_size": F, "rms_norm_eps": EPSILON, "model_type": "llama", **c},
        "log_probabilities": [s.item() for s in scores],
        "longest": longest,
        "transformers_logits": [[float(f"{x:.7g}") for x in row] for row in theirs.tolist()],
        "gradients": [
            {"name": name, "values": [float(f"{x:.7g}") for x in t.grad.flatten().tolist()]}
            for name, t in p.items()
        ],
    }


print(json.dumps({
    "rows": [{"tokens": t, "first_scored": f} for t, f in ROWS],
    "row_gradients": ROW_GRADIENTS,
    "cases": [case(c) for c in CASES],
}, separators=(",", ":")))
