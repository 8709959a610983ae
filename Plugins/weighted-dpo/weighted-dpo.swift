/// DPO with a weight for each row.
///
/// f = w·softplus(−β·ρ), w = `weight`
///
/// Source: row weights as in MADPO and WPO (Zhou et al. 2024, arXiv 2406.11827, equation 4),
///   computed with the data.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities, weight.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  batch.weight * softplus(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
