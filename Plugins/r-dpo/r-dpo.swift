/// R-DPO: DPO with a price on length.
///
/// f = softplus(−(β·ρ + α·(|y_c| − |y_r|)))
///
/// The sign follows from the reward r − α·|y|: its optimal policy has r = β·ln(π/ref) + α·|y|. A
/// chosen completion that is longer than the rejected one needs less margin, so training learns
/// less from pairs that length explains.
///
/// Source: Park et al. 2024, Disentangling Length from Quality in Direct Preference Optimization,
///   arXiv 2403.19159, section 4.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 0.01 (0 … 10).
/// Columns: the four log-probabilities, chosen_tokens, rejected_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let longer = batch.chosenTokens - batch.rejectedTokens
  return softplus(-(tunables.beta * batch.margin + tunables.alpha * longer))
}

let extraTunables = [Tunable("alpha", default: 0.01, range: 0...10)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
