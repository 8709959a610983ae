/// SFT: the negative log-likelihood of the chosen completions, per token of the batch.
///
/// f = −Σ π_c / Σ |y_c|, one number for the whole batch
///
/// Source: TRL `sft`, the token mean over the batch.
/// Sign: falls as π_c grows; the rejected completion does not occur.
/// Tunables: none.
/// Columns: policy_chosen, chosen_tokens.
/// Numerics: sums.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let tokens = sum(batch.chosenTokens)
  return broadcast(-sum(batch.policyChosen) / tokens, like: batch.policyChosen)
}
