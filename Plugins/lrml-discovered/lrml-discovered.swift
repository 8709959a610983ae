/// LRML in the form discovered: the gate is on the margin itself.
///
/// x = β·ρ, g = σ(ρ): f = (1 − g)·softplus(−x) + g·exp(−x)
///
/// Source: Lu et al. 2024, arXiv 2406.08414, the authors' published code,
///   `log_ratio_modulated_loss_old`. The same as `lrml` at β = τ.
/// Sign: falls as ρ grows except around 0, where it rises for β < 0.1.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: g·exp(−x) is written exp(ln σ(ρ) − x), which is finite for β ≤ 1; above, the loss
///   truly diverges as ρ falls.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  return sigmoid(-batch.margin) * softplus(-x) + exp(logSigmoid(batch.margin) - x)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
