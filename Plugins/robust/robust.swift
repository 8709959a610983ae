/// Robust DPO: unbiased where labels are flipped with probability ε.
///
/// f = ((1 − ε)·softplus(−x) − ε·softplus(x))/(1 − 2ε) = softplus(−x) − x·ε/(1 − 2ε), x = β·ρ
///
/// Source: Chowdhury et al. 2024, Provably Robust DPO, arXiv 2403.00409, section 3; TRL `robust`.
/// Sign: falls as ρ grows; unbounded below (values are negative for large ρ).
/// Tunables: beta 0.1 (0.0001 … 100), label_smoothing 0.1 (0 … 0.49).
/// Columns: the four log-probabilities.
/// Numerics: the right-hand form: the left-hand one subtracts numbers that may be nearly equal.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let flipped = tunables.label_smoothing
  return softplus(-x) - (flipped / (1 - 2 * flipped)) * x
}

let extraTunables = [Tunable("label_smoothing", default: 0.1, range: 0...0.49)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
