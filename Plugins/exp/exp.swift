/// Exponential loss of the margin of implicit rewards.
///
/// f = exp(−β·ρ)
///
/// Source: AdaBoost's loss as a member of the GPO family: Tang et al. 2024, Generalized Preference
///   Optimization, arXiv 2402.05749, table 1; a component of CELL, DBAQL and LRML.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: truly infinite below β·ρ ≈ −709.78, with huge gradients long before.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  exp(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
