/// DPO with the log-ratio of each completion divided by its length.
///
/// f = softplus(−β·(c/|y_c| − r/|y_r|)), c = π_c − ref_c, r = π_r − ref_r
///
/// Source: Lambert et al. 2024, Tülu 3, arXiv 2411.15124, section 5.1 (length-normalised DPO); TRL
///   `sigmoid_norm`.
/// Sign: falls as c grows and as r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities, chosen_tokens, rejected_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = (batch.policyChosen - batch.referenceChosen) / batch.chosenTokens
  let rejected = (batch.policyRejected - batch.referenceRejected) / batch.rejectedTokens
  return softplus(-(tunables.beta * (chosen - rejected)))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
