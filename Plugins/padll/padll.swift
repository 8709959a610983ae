/// PADLL: DPO's loss with half the weight on pairs that are ranked wrongly.
///
/// f = w·softplus(−β·ρ), w = 0.9 for ρ ≥ 0 and 0.45 for ρ < 0
///
/// The published code builds the weight 0.9 as a float32, so the constants are that number and its
/// half.
///
/// Source: Performance Adaptive Decay Logistic Loss, Lu et al. 2024, arXiv 2406.08414, appendix
///   E.3.
/// Sign: falls as ρ grows on either side of 0, where it jumps up by 0.45·ln 2.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let weight = select(batch.margin < 0, 0.44999998807907104, 0.8999999761581421)
  return weight * softplus(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
