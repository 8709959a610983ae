/// ASFT: likelihood of the chosen completion, and absolute odds of both.
///
/// p = exp(π/|y|) of each completion, o = ln(p/(1 − p)):
/// f = −π_c/|y_c| + β·(softplus(−o_c) + softplus(o_r))
///
/// Source: Wang et al. 2024, ASFT: Aligned Supervised Fine-Tuning through Absolute Likelihood,
///   arXiv 2409.10571; turbo-alignment's `ASFTLoss`, whose `beta` weighs the second term.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: policy_chosen, policy_rejected, chosen_tokens, rejected_tokens.
/// Numerics: softplus(−o_c) = −ln p_c and softplus(o_r) = −ln(1 − p_r) exactly, so no odds are
///   formed; log1mExp keeps the second where p_r is near 1. Truly infinite at p_r = 1, so ln p_r
///   stops at −1e-12.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = clamp(batch.policyRejected / batch.rejectedTokens, max: -1e-12)
  return -chosen - tunables.beta * (chosen + log1mExp(rejected))
}

let claims: Claims = [.rowIndependent]
