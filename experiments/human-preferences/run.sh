#!/bin/sh
# Fits the two policies of the experiment on human preferences, and trains the losses from there.
#
# Usage: run.sh [PROGRAM]   (default: .build/release/lossmith; run it in the checkout)
# What is there already is kept: the script may be stopped at any time and given again.
set -eu
program=${1:-.build/release/lossmith}
here=experiments/human-preferences
runs=runs/human-preferences
data=../shared
mkdir -p "$runs"

# A GPT of 512 positions, fitted to the chosen texts of the training part: as many epochs as were worth it.
fit() { # NAME FILE EPOCHS [OPTION...]
  policy=$runs/$1-policy file=$2 epochs=$3
  shift 3
  [ -f "$policy/config.json" ] && return
  resume=
  [ -d "$policy.checkpoint" ] && resume=--resume
  "$program" sft --data "$file" --out "$policy" --tokenizer "$data/models/imdb-gpt/tokenizer.json" \
    --width 128 --layers 4 --heads 4 --context 512 --batch 16 --epochs "$epochs" --held-out 0.2 \
    $resume "$@"
}

fit hh-helpful "$data/data/hh_rlhf/helpful-base.test.jsonl.gz" 3
fit discopop-tldr "$data/data/discopop_tldr/tldr_judged_pairs.jsonl.gz" 2 --limit 3000

if [ -f "$runs/losses/transfer.json" ]; then
  "$program" transfer --resume "$runs/losses"
else
  "$program" transfer --plan "$here/plan.yaml" --out "$runs/losses"
fi
