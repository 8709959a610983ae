/// IPO: the squared distance of the margin from 1/(2β).
///
/// f = (ρ − 1/(2β))²
///
/// Log-probabilities are sums over tokens, as in DiscoPOP's baseline; TRL divides them by the
/// completion's length, which is `ipo-norm` here.
///
/// Source: Azar et al. 2023, A General Theoretical Paradigm to Understand Learning from Human
///   Preferences, arXiv 2310.12036, equation 17.
/// Sign: falls as ρ grows up to 1/(2β), where it has its minimum 0.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: a square; overflows beyond |ρ| ≈ 1e154.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  square(batch.margin - 1 / (2 * tunables.beta))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
