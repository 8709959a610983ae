"""One epoch of TRL's DPOTrainer: the other side of `lossmith bench epoch`.

Random pairs of fixed lengths, handed over as token ids so that no tokenising is timed; reference
log-probabilities are computed first and included, as in the bench. Prints one JSON line.

    python torch_epoch.py FOLDER float32 --pairs 2000
"""

import argparse
import json
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer

import memory

START = memory.now()

class TokenTrainer(DPOTrainer):
    """Takes prompt_ids, chosen_ids and rejected_ids as they are."""

    def _prepare_dataset(self, dataset, *arguments, **options):
        return dataset


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("precision", choices=["float32", "bfloat16"])
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--prompt-tokens", type=int, default=12)
    parser.add_argument("--completion-tokens", type=int, default=48)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(options.folder)
    tokenizer = AutoTokenizer.from_pretrained(options.folder)
    vocabulary = model.config.vocab_size

    def draw(count):
        return torch.randint(1, vocabulary, (options.pairs, count)).tolist()

    data = Dataset.from_dict(
        {
            "prompt_ids": draw(options.prompt_tokens),
            "chosen_ids": draw(options.completion_tokens),
            "rejected_ids": draw(options.completion_tokens),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        trainer = TokenTrainer(
            model=model,
            args=DPOConfig(
                output_dir=folder,
                per_device_train_batch_size=options.batch,
                num_train_epochs=1,
                learning_rate=1e-5,
                bf16=options.precision == "bfloat16",
                use_cpu=True,
                gradient_checkpointing=False,
                precompute_ref_log_probs=True,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                max_length=None,
            ),
            train_dataset=data,
            processing_class=tokenizer,
        )
        trainer.train()
        seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "precision": options.precision,
                "threads": options.threads,
                "seconds": seconds,
                "pairs_per_second": options.pairs / seconds,
                "start_mb": START,
                "peak_mb": memory.peak(),
            }
        )
    )


if __name__ == "__main__":
    main()
