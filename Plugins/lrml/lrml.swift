/// LRML, known as DiscoPOP: a logistic loss that turns exponential where the margin is positive.
///
/// x = β·ρ, g = σ(x/τ): f = (1 − g)·softplus(−x) + g·exp(−x)
///
/// The gate is on x/τ as in the paper and TRL; the discovered code has σ(ρ), which is
/// `lrml-discovered` and the same at β = τ = 0.05.
///
/// Source: Log Ratio Modulated Loss, Lu et al. 2024, arXiv 2406.08414, table 1 and equation 5; TRL
///   `discopop`.
/// Sign: falls as ρ grows except between x = −0.1186 and 0.0720 (τ = 0.05), where it rises.
/// Tunables: beta 0.1 (0.0001 … 100), tau 0.05 (0.001 … 1).
/// Columns: the four log-probabilities.
/// Numerics: g·exp(−x) is 0·∞ for very negative x. Written exp(ln σ(x/τ) − x) it is finite for τ ≤
///   1, and 1 − g is written σ(−x/τ), which keeps its tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let gate = x / tunables.tau
  return sigmoid(-gate) * softplus(-x) + exp(logSigmoid(gate) - x)
}

let extraTunables = [Tunable("tau", default: 0.05, range: 0.001...1, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
