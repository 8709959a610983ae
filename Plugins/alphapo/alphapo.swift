/// AlphaPO: SimPO with a reward that bends log-probability by α.
///
/// r = (1 − p^(−α))/α, p = exp(π/|y|) of each completion; r = π/|y| for α = 0:
/// f = softplus(−(β·(r_c − r_r) − γ))
///
/// Source: Gupta et al. 2025, AlphaPO, arXiv 2501.03884; TRL `alphapo` of CPO.
/// Sign: falls as p_c grows and as p_r falls.
/// Tunables: beta 2 (0.0001 … 100), gamma 0.5 (0 … 20), alpha 0.25 (-2 … 2).
/// Columns: policy_chosen, policy_rejected, chosen_tokens, rejected_tokens.
/// Numerics: r_c − r_r = (p_r^(−α) − p_c^(−α))/α is a difference of exponentials that may both
///   overflow. With w the larger exponent it is exp(w)·expm1(−|v|)/α with a sign: no ∞ − ∞.
///   Exponents stop at 690, where the loss is e^690.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = batch.policyRejected / batch.rejectedTokens
  let gap = rewardGap(chosen, rejected, alpha: tunables.alpha)
  return softplus(-(tunables.beta * gap - tunables.gamma))
}

/// (exp(−α·rejected) − exp(−α·chosen))/α; chosen − rejected for α = 0.
func rewardGap(_ chosen: Vector, _ rejected: Vector, alpha: Double) -> Vector {
  if alpha == 0 { return chosen - rejected }
  let (a, b) = (-alpha * rejected, -alpha * chosen)
  let larger = clamp(maximum(a, b), max: 690)
  let shrinks = expm1(-abs(a - b)) / alpha
  return exp(larger) * select(a >= b, -shrinks, shrinks)
}

let extraTunables = [
  Tunable("beta", default: 2, range: 0.0001...100, scale: .log),
  Tunable("gamma", default: 0.5, range: 0...20),
  Tunable("alpha", default: 0.25, range: -2...2),
]
let claims: Claims = [.rowIndependent]
