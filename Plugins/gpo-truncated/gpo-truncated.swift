/// GPO, truncated quadratic: the squared hinge.
///
/// f = max(0, 1 − β·ρ)²
///
/// Source: Tang et al. 2024, Generalized Preference Optimization, arXiv 2402.05749, table 1.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: a square; smooth at its joint.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  square(relu(1 - tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
