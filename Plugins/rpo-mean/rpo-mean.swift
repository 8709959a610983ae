/// RPO, average: DPO plus η times the mean log-likelihood of the chosen completion.
///
/// f = softplus(−β·ρ) − η·π_c/|y_c|
///
/// Source: Liu et al. 2024, Provably Mitigating Overoptimization in RLHF: Your SFT Loss is
///   Implicitly an Adversarial Regularizer, arXiv 2405.16436; the authors' OpenRLHF variant.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.5 (0.0001 … 100), eta 0.2 (0 … 10).
/// Columns: the four log-probabilities, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin))
    - tunables.eta * (batch.policyChosen / batch.chosenTokens)
}

let extraTunables = [
  Tunable("beta", default: 0.5, range: 0.0001...100, scale: .log),
  Tunable("eta", default: 0.2, range: 0...10),
]
let claims: Claims = [.rowIndependent]
