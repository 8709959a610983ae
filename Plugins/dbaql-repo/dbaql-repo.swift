/// DBAQL as its authors edited it later: the variance is that of x/0.05.
///
/// x = β·ρ, d = σ(var(x/0.05)): f = d·softplus(−x/0.9) + (1 − d)·exp(−0.9·x)
///
/// Source: Lu et al. 2024, arXiv 2406.08414, the authors' published code,
///   `dynamic_blended_adaptive_quantile_loss`. The same as `dbaql` at β = 0.05.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: (1 − d)·exp(−0.9·x) is written exp(ln σ(−var) − 0.9·x), as in `dbaql`.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let spread = variance(x / 0.05)
  return sigmoid(spread) * softplus(-x / 0.9) + exp(logSigmoid(-spread) - 0.9 * x)
}

let claims: Claims = [.shiftInvariant]
