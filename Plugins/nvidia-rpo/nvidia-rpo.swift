/// Reward-aware DPO: the KL divergence from the judged preference to the policy's.
///
/// G = η·(s_c − s_r), x = β·ρ:
/// f = KL(Bernoulli(σ(G)) ‖ Bernoulli(σ(x)))
///   = σ(G)·(ln σ(G) − ln σ(x)) + σ(−G)·(ln σ(−G) − ln σ(−x))
///
/// Source: Adler et al. 2024, Nemotron-4 340B, arXiv 2406.11704, section 3.3 (reward-aware
///   preference optimization); NeMo's `rpo_bwd_kl`, whose `gt_reward_scale` is η = `scale`.
/// Sign: falls as ρ grows up to x = G, where it is 0.
/// Tunables: beta 0.1 (0.0001 … 100), scale 1 (0.001 … 1000).
/// Columns: the four log-probabilities, chosen_score, rejected_score.
/// Numerics: logSigmoid of both signs.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let gap = tunables.scale * (batch.chosenScore - batch.rejectedScore)
  let x = tunables.beta * batch.margin
  return sigmoid(gap) * (logSigmoid(gap) - logSigmoid(x))
    + sigmoid(-gap) * (logSigmoid(-gap) - logSigmoid(-x))
}

let extraTunables = [Tunable("scale", default: 1, range: 0.001...1000, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
