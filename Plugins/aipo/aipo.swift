/// AIPO: DPO that demands more where the reference agrees with the ranking.
///
/// f = softplus(−β·((π_c − π_r) − (1 + α)·(ref_c − ref_r) − γ)) − λ·π_c/|y_c|
///
/// Source: Shen et al. 2024, AIPO, arXiv 2409.08845; the authors' code (bytedance/AIPO), which
///   leaves α and λ to the user. λ = 0 is its `alpha_dpo`.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 0.1 (0 … 10), lambda 0.05 (0 … 100), gamma 0 (-100 …
///   100).
/// Columns: the four log-probabilities, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let policy = batch.policyChosen - batch.policyRejected
  let reference = batch.referenceChosen - batch.referenceRejected
  let margin = policy - (1 + tunables.alpha) * reference - tunables.gamma
  return softplus(-(tunables.beta * margin))
    - tunables.lambda * (batch.policyChosen / batch.chosenTokens)
}

let extraTunables = [
  Tunable("alpha", default: 0.1, range: 0...10),
  Tunable("lambda", default: 0.05, range: 0...100),
  Tunable("gamma", default: 0, range: -100...100),
]
let claims: Claims = [.rowIndependent]
