"""Logits of a trained Llama in transformers, for LlamaStoriesTests.

    pip install torch transformers
    python llama_stories.py SHARED > ../Golden/llama-stories.json

SHARED is the folder of shared data sets; of the model only numbers are kept.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM
from tokenizers import Tokenizer

folder = pathlib.Path(sys.argv[1]) / "data/tinystories656K"
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
TEXTS = [
    "Once upon a time, there was a little girl named Lily.",
    "Tim saw a big red ball. \"Can I play with it?\" he asked.\nHis mom said",
    "The cat",
]


def case(text):
    ids = tokenizer.encode(text).ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        drawn = model.generate(torch.tensor([ids]), max_new_tokens=40, do_sample=False)[0]
    scores = torch.log_softmax(logits.double(), -1)
    return {
        "text": text, "ids": ids,
        "next": [float(scores[i, ids[i + 1]]) for i in range(len(ids) - 1)],
        "logits": [[float(f"{x:.7g}") for x in logits[i].tolist()] for i in (0, len(ids) - 1)],
        "greedy": drawn[len(ids):].tolist(),
    }


print(json.dumps({"cases": [case(t) for t in TEXTS]}, separators=(",", ":")))
