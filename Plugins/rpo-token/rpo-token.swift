/// RPO, per token: DPO plus the log-likelihood of a chosen token of the batch.
///
/// f = softplus(−β·ρ) − α·Σ π_c / Σ |y_c|
///
/// Source: Liu et al. 2024, Provably Mitigating Overoptimization in RLHF: Your SFT Loss is
///   Implicitly an Adversarial Regularizer, arXiv 2405.16436; TRL's `rpo_alpha`, now `sigmoid` with
///   `sft`.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 1 (0 … 100).
/// Columns: the four log-probabilities, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let likelihood = -sum(batch.policyChosen) / sum(batch.chosenTokens)
  return softplus(-(tunables.beta * batch.margin)) + tunables.alpha * likelihood
}

let extraTunables = [Tunable("alpha", default: 1, range: 0...100)]
