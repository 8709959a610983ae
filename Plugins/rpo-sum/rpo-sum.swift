/// RPO, cumulative: DPO plus β·η times the summed log-likelihood of the chosen completion.
///
/// f = softplus(−β·ρ) − β·η·π_c
///
/// Source: Liu et al. 2024, Provably Mitigating Overoptimization in RLHF: Your SFT Loss is
///   Implicitly an Adversarial Regularizer, arXiv 2405.16436; the authors' code, rpo_trainer.py.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), eta 0.005 (0 … 10).
/// Columns: the four log-probabilities.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin)) - tunables.beta * tunables.eta * batch.policyChosen
}

let extraTunables = [Tunable("eta", default: 0.005, range: 0...10)]
let claims: Claims = [.rowIndependent]
