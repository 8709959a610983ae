/// SimPO: the difference of mean token log-probabilities, beyond a margin, without reference.
///
/// f = softplus(−(β·(π_c/|y_c| − π_r/|y_r|) − γ))
///
/// Source: Meng et al. 2024, SimPO, arXiv 2405.14734, equation 6; TRL `simpo` of CPO.
/// Sign: falls as the mean log-probability of the chosen completion grows against that of the
///   rejected one.
/// Tunables: beta 2 (0.0001 … 100), gamma 0.5 (0 … 20).
/// Columns: policy_chosen, policy_rejected, chosen_tokens, rejected_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = batch.policyRejected / batch.rejectedTokens
  return softplus(-(tunables.beta * (chosen - rejected) - tunables.gamma))
}

let extraTunables = [
  Tunable("beta", default: 2, range: 0.0001...100, scale: .log),
  Tunable("gamma", default: 0.5, range: 0...20),
]
let claims: Claims = [.rowIndependent]
