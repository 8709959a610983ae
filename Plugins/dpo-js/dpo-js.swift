/// DPO with the score of the Jensen-Shannon divergence.
///
/// f = softplus(−β·(ln σ(d_c) − ln σ(d_r))), d = π − ref of each completion
///
/// Source: Wang et al. 2023, Beyond Reverse KL: Generalizing DPO with Diverse Divergence
///   Constraints, arXiv 2309.16240; TRL `f_divergence_type` js_divergence.
/// Sign: falls as d_c grows and as d_r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: logSigmoid, softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = logSigmoid(batch.policyChosen - batch.referenceChosen)
  let rejected = logSigmoid(batch.policyRejected - batch.referenceRejected)
  return softplus(-(tunables.beta * (chosen - rejected)))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
