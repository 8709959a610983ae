/// IRPO: DPO plus the mean log-likelihood of the chosen completion, at its authors' weight.
///
/// f = softplus(−β·ρ) − α·π_c/|y_c|
///
/// The form of `rpo-mean`, with another β and weight.
///
/// Source: Pang et al. 2024, Iterative Reasoning Preference Optimization, arXiv 2404.19733,
///   equation 1.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 1 (0 … 100).
/// Columns: the four log-probabilities, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin))
    - tunables.alpha * (batch.policyChosen / batch.chosenTokens)
}

let extraTunables = [Tunable("alpha", default: 1, range: 0...100)]
let claims: Claims = [.rowIndependent]
