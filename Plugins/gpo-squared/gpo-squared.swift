/// GPO, squared: the squared distance of β·ρ from 1.
///
/// f = (β·ρ − 1)²
///
/// Source: Tang et al. 2024, Generalized Preference Optimization, arXiv 2402.05749, table 1; `ipo`
///   up to the scale β² and the place of the minimum.
/// Sign: falls as ρ grows up to 1/β, where it is 0.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: a square.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  square(tunables.beta * batch.margin - 1)
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
