/// GPO, Savage: a bounded loss that gives up on pairs that are very wrong.
///
/// f = 1/(1 + exp(β·ρ))² = σ(−β·ρ)²
///
/// Source: Tang et al. 2024, Generalized Preference Optimization, arXiv 2402.05749, table 1;
///   Masnadi-Shirazi and Vasconcelos 2008.
/// Sign: falls as the margin ρ grows; lower is better. Flat at both ends.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: the square of σ, which keeps its tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  square(sigmoid(-(tunables.beta * batch.margin)))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
