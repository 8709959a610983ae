/// DPO: the logistic loss of the margin of implicit rewards.
///
/// f = −ln σ(β·ρ) = softplus(−β·ρ)
///
/// Source: Rafailov et al. 2023, Direct Preference Optimization, arXiv 2305.18290, equation 7; TRL
///   `sigmoid`.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: softplus neither overflows nor loses its tails.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
