/// DPO with the score of the forward KL divergence.
///
/// f = softplus(−β·(s_c − s_r)), s = −exp(−d), d = π − ref of each completion
///
/// Source: Wang et al. 2023, Beyond Reverse KL: Generalizing DPO with Diverse Divergence
///   Constraints, arXiv 2309.16240; TRL `f_divergence_type` forward_kl.
/// Sign: falls as d_c grows and as d_r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: the exponent −d stops at 80, TRL's bound for the α-divergence: below d = −80 the score
///   is constant, where the formula would soon overflow.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = exp(clamp(batch.referenceChosen - batch.policyChosen, max: 80))
  let rejected = exp(clamp(batch.referenceRejected - batch.policyRejected, max: 80))
  return softplus(tunables.beta * (chosen - rejected))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
