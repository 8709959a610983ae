"""What peft makes of an adapter of ours, and an adapter that peft writes itself.

    python peft_adapter.py BASE OURS THEIRS IDS

Prints, as JSON, the logits of BASE with the adapter OURS, the same once it is merged, the names of the
adapter's parameters, and the logits of BASE with a random adapter that is written to THEIRS.
"""
import json
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

base, ours, theirs, ids = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])


def load():
    return AutoModelForCausalLM.from_pretrained(base).eval()


def logits(model):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].tolist()


model = PeftModel.from_pretrained(load(), ours, is_trainable=True).eval()
seen = {"logits": logits(model),
        "trainable": [n for n, p in model.named_parameters() if p.requires_grad]}
model = model.merge_and_unload()
seen["merged"] = logits(model)

torch.manual_seed(1)
is_gpt2 = model.config.model_type == "gpt2"
config = LoraConfig(r=2, lora_alpha=7, fan_in_fan_out=is_gpt2, task_type="CAUSAL_LM",
                    target_modules=["c_attn", "c_proj"] if is_gpt2 else ["q_proj", "up_proj"])
model = get_peft_model(load(), config).eval()
for name, parameter in model.named_parameters():
    if "lora_B" in name:
        torch.nn.init.normal_(parameter, std=0.2)
seen["written"] = logits(model)
model.save_pretrained(theirs)
print(json.dumps(seen))
