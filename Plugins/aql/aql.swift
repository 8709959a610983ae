/// AQL: a logistic and a hinge loss blended by the distance from a batch quantile.
///
/// x = β·ρ, m = 0.5 + 0.01·(σ(mean ρ) − 0.5), q = σ(−β·(ρ − m)):
/// f = q·softplus(−x) + (1 − q)·max(0, 1 − x)
///
/// The authors' later edit, σ(−(x/0.05 − m)), is a different and steeper loss: `aql-repo`.
///
/// Source: Adaptive Quantile Loss, Lu et al. 2024, arXiv 2406.08414, appendix E.2, as it was
///   discovered.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − q is written σ(β·(ρ − m)).
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let quantile = 0.5 + 0.01 * (sigmoid(mean(batch.margin)) - 0.5)
  let distance = tunables.beta * (batch.margin - quantile)
  return sigmoid(-distance) * softplus(-x) + sigmoid(distance) * relu(1 - x)
}

let claims: Claims = [.shiftInvariant]
