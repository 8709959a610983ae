/// ODPO: DPO whose margin must exceed an offset, the difference of the judged scores.
///
/// f = softplus(−(β·ρ − α·Δ)), Δ = `score_margin`
///
/// Source: Amini et al. 2024, Direct Preference Optimization with an Offset, arXiv 2402.10571, with
///   the offset as given; turbo-alignment's `SigmoidLossWithMargin`.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 1 (0 … 100).
/// Columns: the four log-probabilities, score_margin.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let offset = tunables.alpha * batch.scoreMargin
  return softplus(-(tunables.beta * batch.margin - offset))
}

let extraTunables = [Tunable("alpha", default: 1, range: 0...100)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
