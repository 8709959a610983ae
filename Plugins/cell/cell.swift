/// CELL: the mean of the exponential and the logistic loss.
///
/// f = ½·exp(−x) + ½·softplus(−x), x = β·ρ
///
/// Source: Combined Exponential and Logistic Loss, Lu et al. 2024, arXiv 2406.08414, appendix E.5.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: truly infinite below x ≈ −709.78.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  return 0.5 * exp(-x) + 0.5 * softplus(-x)
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
