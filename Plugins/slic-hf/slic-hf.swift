/// SLiC-HF: a hinge on log-probabilities, plus likelihood of the chosen completion.
///
/// f = max(0, δ − β·(π_c − π_r)) − λ·π_c
///
/// Source: Zhao et al. 2023, SLiC-HF, arXiv 2305.10425, equation 4 with β = 1, and the chosen
///   completion as the regulariser's target.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 1 (0.0001 … 100), delta 1 (0 … 1000), lambda 1 (0 … 100).
/// Columns: policy_chosen, policy_rejected.
/// Numerics: exact; the slope at the kink is 0, as in PyTorch.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let margin = batch.policyChosen - batch.policyRejected
  return relu(tunables.delta - tunables.beta * margin) - tunables.lambda * batch.policyChosen
}

let extraTunables = [
  Tunable("beta", default: 1, range: 0.0001...100, scale: .log),
  Tunable("delta", default: 1, range: 0...1000),
  Tunable("lambda", default: 1, range: 0...100),
]
let claims: Claims = [.rowIndependent]
