/// ORPO: likelihood of the chosen completion, plus the logistic loss of the odds ratio.
///
/// p = exp(π/|y|) of each completion, o = p/(1 − p):
/// f = −π_c/|y_c| + β·softplus(−(ln o_c − ln o_r))
///
/// Source: Hong et al. 2024, ORPO, arXiv 2403.07691, equations 6 and 7; TRL `orpo`, whose `beta` is
///   the λ of the paper.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: policy_chosen, policy_rejected, chosen_tokens, rejected_tokens.
/// Numerics: softplus(−(ln o_c − ln o_r)) = ln(p_c·(1 − p_r) + p_r·(1 − p_c)) − ln p_c − ln(1 −
///   p_r): finite where p_c is 1 and its odds are not. The larger of both is taken out of the
///   logarithm. Truly infinite at p_r = 1, so ln p_r stops at −1e-12.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen / batch.chosenTokens
  let rejected = clamp(batch.policyRejected / batch.rejectedTokens, max: -1e-12)
  let larger = detach(maximum(chosen, rejected))
  let either =
    larger + log(-exp(chosen - larger) * expm1(rejected) - exp(rejected - larger) * expm1(chosen))
  return -chosen + tunables.beta * (either - chosen - log1mExp(rejected))
}

let claims: Claims = [.rowIndependent]
