/// AQFL as its authors edited it later: the statistics are those of x/0.05.
///
/// x = β·ρ, z = x/0.05, s = sd z, m₁ = s·mean σ(−z), m₂ = m₁ + 0.05·(σ(mean z) − m₁),
/// r = σ(0.1·|z − m₂|): f = r·softplus(−x) + (1 − r)·max(0, 1 − x)
///
/// Source: Lu et al. 2024, arXiv 2406.08414, the authors' published code,
///   `adaptive_quantile_feedback_loss`. The same as `aqfl` at β = 0.05.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − r is written σ(−0.1·|z − m₂|).
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let z = x / 0.05
  let first = standardDeviation(z) * mean(sigmoid(-z))
  let second = first + 0.05 * (sigmoid(mean(z)) - first)
  let distance = 0.1 * abs(z - second)
  return sigmoid(distance) * softplus(-x) + sigmoid(-distance) * relu(1 - x)
}

let claims: Claims = [.shiftInvariant]
