/// Reward-aware DPO: the squared distance of the implicit from the judged margin.
///
/// f = (β·ρ − η·(s_c − s_r))²
///
/// Source: Adler et al. 2024, Nemotron-4 340B, arXiv 2406.11704, section 3.3 (reward-aware
///   preference optimization); NeMo's `rpo_sq`, whose `gt_reward_scale` is η = `scale`.
/// Sign: falls as ρ grows up to β·ρ = η·(s_c − s_r), where it is 0.
/// Tunables: beta 0.1 (0.0001 … 100), scale 1 (0.001 … 1000).
/// Columns: the four log-probabilities, chosen_score, rejected_score.
/// Numerics: a square.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let gap = tunables.scale * (batch.chosenScore - batch.rejectedScore)
  return square(tunables.beta * batch.margin - gap)
}

let extraTunables = [Tunable("scale", default: 1, range: 0.001...1000, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
