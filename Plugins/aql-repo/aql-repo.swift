/// AQL as its authors edited it later: the gate is twenty times as steep.
///
/// x = β·ρ, z = x/0.05, m = 0.5 + 0.01·(σ(mean z) − 0.5), q = σ(−(z − m)):
/// f = q·softplus(−x) + (1 − q)·max(0, 1 − x)
///
/// Source: Lu et al. 2024, arXiv 2406.08414, the authors' published code, `adaptive_quantile_loss`.
///   No value of β makes it the discovered `aql`.
/// Sign: falls as ρ grows except around 0, where it rises.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − q is written σ(z − m).
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let scaled = x / 0.05
  let quantile = 0.5 + 0.01 * (sigmoid(mean(scaled)) - 0.5)
  let distance = scaled - quantile
  return sigmoid(-distance) * softplus(-x) + sigmoid(distance) * relu(1 - x)
}

let claims: Claims = [.shiftInvariant]
