/// OOD-PL as published: likelihood of the chosen completion plus a little logistic loss.
///
/// f = −π_c/|y_c| + α·softplus(−(π_c − π_r))
///
/// Source: Jia 2024, Generalizing Reward Modeling for Out-of-Distribution Preference Learning,
///   arXiv 2402.14760, the authors' code (jiachenwestlake/OODPL), which is simpler than the paper.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: alpha 0.1 (0 … 100).
/// Columns: policy_chosen, policy_rejected, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let margin = batch.policyChosen - batch.policyRejected
  return tunables.alpha * softplus(-margin) - batch.policyChosen / batch.chosenTokens
}

let extraTunables = [Tunable("alpha", default: 0.1, range: 0...100)]
let claims: Claims = [.rowIndependent]
