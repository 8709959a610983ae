/// LRML, known as DiscoPOP: a logistic loss that turns exponential where the margin is positive.
///
/// x = β·ρ, g = σ(x/τ): f = (1 − g)·softplus(−x) + g·exp(−x)
///
/// Log Ratio Modulated Loss, Lu et al. 2024, arXiv 2406.08414, table 1 and equation 5, with the
/// gate on x/τ as in TRL's `discopop`; the discovered code has σ(ρ), the same at β = τ = 0.05.
///
/// g·exp(−x) is 0·∞ for very negative x. Written exp(ln σ(x/τ) − x) it is finite for τ ≤ 1, and
/// 1 − g is written σ(−x/τ), which keeps its tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let gate = x / tunables.tau
  return sigmoid(-gate) * softplus(-x) + exp(logSigmoid(gate) - x)
}

let extraTunables = [Tunable("tau", default: 0.05, range: 0.001...1, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
