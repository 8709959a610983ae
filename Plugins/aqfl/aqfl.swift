/// AQFL: a logistic and a hinge loss blended by the distance from a moving batch quantile.
///
/// s = sd ρ, m₁ = s·mean σ(−ρ), m₂ = m₁ + 0.05·(σ(mean ρ) − m₁), r = σ(0.1·|ρ − m₂|), x = β·ρ:
/// f = r·softplus(−x) + (1 − r)·max(0, 1 − x)
///
/// The paper's equations 23 and 24 print the variance for the standard deviation, and σ(mean ρ −
/// m₁).
///
/// Source: Adaptive Quantile Feedback Loss, Lu et al. 2024, arXiv 2406.08414, appendix E.4, as it
///   was discovered.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − r is written σ(−0.1·|ρ − m₂|); the unbiased standard deviation of one row is 0.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let rho = batch.margin
  let x = tunables.beta * rho
  let first = standardDeviation(rho) * mean(sigmoid(-rho))
  let second = first + 0.05 * (sigmoid(mean(rho)) - first)
  let distance = 0.1 * abs(rho - second)
  return sigmoid(distance) * softplus(-x) + sigmoid(-distance) * relu(1 - x)
}

let claims: Claims = [.shiftInvariant]
