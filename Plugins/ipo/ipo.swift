/// IPO: the squared distance of the margin from 1/(2β).
///
/// f = (ρ − 1/(2β))²
///
/// Azar et al. 2023, A General Theoretical Paradigm to Understand Learning from Human
/// Preferences, arXiv 2310.12036, equation 17. Log-probabilities are sums over tokens, as in
/// DiscoPOP's baseline; TRL divides them by the completion's length.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  square(batch.margin - 1 / (2 * tunables.beta))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
