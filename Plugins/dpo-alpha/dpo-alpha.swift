/// DPO with the score of an α-divergence.
///
/// s = exp((α − 1)·d)/(α − 1), d = π − ref of each completion; s = d for α = 1:
/// f = softplus(−β·(s_c − s_r))
///
/// Source: Wang et al. 2023, Beyond Reverse KL: Generalizing DPO with Diverse Divergence
///   Constraints, arXiv 2309.16240; TRL `f_divergence_type` alpha_divergence.
/// Sign: falls as d_c grows and as d_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 0.5 (0 … 2).
/// Columns: the four log-probabilities.
/// Numerics: the exponent stops at 80, as TRL's does. The constant −1/(α − 1) cancels in the
///   difference, so s is expm1((α − 1)·d)/(α − 1), which keeps its digits near α = 1.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let order = tunables.alpha - 1
  let chosen = score(batch.policyChosen - batch.referenceChosen, order: order)
  let rejected = score(batch.policyRejected - batch.referenceRejected, order: order)
  return softplus(-(tunables.beta * (chosen - rejected)))
}

/// The derivative of the divergence's generator at exp(logRatio), up to a constant.
func score(_ logRatio: Vector, order: Double) -> Vector {
  order == 0 ? logRatio : expm1(clamp(order * logRatio, max: 80)) / order
}

let extraTunables = [Tunable("alpha", default: 0.5, range: 0...2)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
