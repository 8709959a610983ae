/// CPO: DPO with a uniform reference, plus likelihood of the chosen completions.
///
/// f = softplus(−β·(π_c − π_r)) − α·Σ π_c / Σ |y_c|
///
/// The likelihood term is TRL's, the mean over all chosen tokens of the batch, in every row.
///
/// Source: Xu et al. 2024, Contrastive Preference Optimization, arXiv 2401.08417, equation 6; TRL
///   `sigmoid` of CPO.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 1 (0 … 100).
/// Columns: policy_chosen, policy_rejected, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let likelihood = -sum(batch.policyChosen) / sum(batch.chosenTokens)
  let margin = batch.policyChosen - batch.policyRejected
  return softplus(-(tunables.beta * margin)) + tunables.alpha * likelihood
}

let extraTunables = [Tunable("alpha", default: 1, range: 0...100)]
