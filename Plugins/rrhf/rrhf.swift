/// RRHF on pairs: a hinge on mean log-probabilities, plus likelihood of the chosen completion.
///
/// f = max(0, π_r/|y_r| − π_c/|y_c|) − λ·π_c
///
/// Source: Yuan et al. 2023, RRHF, arXiv 2304.05302, equations 2 to 4, for two completions; λ = 1
///   there.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: lambda 1 (0 … 100).
/// Columns: policy_chosen, policy_rejected, chosen_tokens, rejected_tokens.
/// Numerics: exact; the slope at the kink is 0, as in PyTorch.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = batch.policyRejected / batch.rejectedTokens
  return relu(rejected - chosen) - tunables.lambda * batch.policyChosen
}

let extraTunables = [Tunable("lambda", default: 1, range: 0...100)]
let claims: Claims = [.rowIndependent]
