"""Sampling with transformers' generate: the other side of `lossmith bench sample`.

    python torch_generate.py FOLDER float32
"""

import argparse
import json
import statistics
import time

import torch
from transformers import AutoModelForCausalLM

import memory

START = memory.now()

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("precision", choices=["float32", "bfloat16"])
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--prompt-tokens", type=int, default=12)
    parser.add_argument("--new-tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(
        options.folder, dtype=getattr(torch, options.precision)
    ).eval()
    prompts = torch.randint(1, model.config.vocab_size, (options.prompts, options.prompt_tokens))
    settings = dict(
        attention_mask=torch.ones_like(prompts),
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        min_new_tokens=options.new_tokens,
        max_new_tokens=options.new_tokens,
        pad_token_id=0,
    )
    times = []
    with torch.inference_mode():
        for _ in range(4):
            start = time.perf_counter()
            result = model.generate(prompts, **settings)
            times.append(time.perf_counter() - start)
            assert result.shape[1] == options.prompt_tokens + options.new_tokens
    tokens = options.prompts * options.new_tokens
    print(
        json.dumps(
            {
                "precision": options.precision,
                "threads": options.threads,
                "tokens_per_second": tokens / statistics.median(times[1:]),
                "start_mb": START,
                "peak_mb": memory.peak(),
            }
        )
    )


if __name__ == "__main__":
    main()
