"""Loads a Hugging Face folder with transformers and prints what it sees, as JSON.

    python load_folder.py FOLDER IDS TEXT     IDS: a JSON list of token ids
"""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, ids, text = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
tokenizer = AutoTokenizer.from_pretrained(folder)
model.eval()
with torch.no_grad():
    logits = model(torch.tensor([ids])).logits[0]
    logprobs = torch.log_softmax(logits.double(), dim=-1)
config = model.config
print(json.dumps({
    "missing": sorted(info["missing_keys"]), "unexpected": sorted(info["unexpected_keys"]),
    "class": type(model).__name__,
    "sums": {n: float(t.double().sum()) for n, t in model.state_dict().items()},
    "next": [float(logprobs[i, ids[i + 1]]) for i in range(len(ids) - 1)],
    "last": logits[-1].tolist(),
    "tokens": [config.bos_token_id, config.eos_token_id, config.pad_token_id],
    "generation": [model.generation_config.eos_token_id, model.generation_config.pad_token_id],
    "ids": tokenizer(text, add_special_tokens=False)["input_ids"],
    "end": tokenizer.eos_token_id,
    "decoded": tokenizer.decode(ids),
}))
