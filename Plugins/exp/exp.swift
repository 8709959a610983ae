/// Exponential loss of the margin of implicit rewards.
///
/// f = exp(−β·ρ)
///
/// AdaBoost's loss as a member of the GPO family: Tang et al. 2024, Generalized Preference
/// Optimization, arXiv 2402.05749, table 1; a component of CELL, DBAQL and LRML. It is truly
/// infinite below β·ρ ≈ −709.78, and its gradients are huge long before.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  exp(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
