/// Reward-aware DPO: the KL divergence from the policy's preference to the judged one.
///
/// G = η·(s_c − s_r), x = β·ρ:
/// f = KL(Bernoulli(σ(x)) ‖ Bernoulli(σ(G)))
///   = σ(x)·(ln σ(x) − ln σ(G)) + σ(−x)·(ln σ(−x) − ln σ(−G))
///
/// Source: Adler et al. 2024, Nemotron-4 340B, arXiv 2406.11704, section 3.3 (reward-aware
///   preference optimization); NeMo's `rpo_fwd_kl`, whose `gt_reward_scale` is η = `scale`.
/// Sign: falls as ρ grows up to x = G, where it is 0; flat where the policy is very sure.
/// Tunables: beta 0.1 (0.0001 … 100), scale 1 (0.001 … 1000).
/// Columns: the four log-probabilities, chosen_score, rejected_score.
/// Numerics: logSigmoid of both signs.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let gap = tunables.scale * (batch.chosenScore - batch.rejectedScore)
  let x = tunables.beta * batch.margin
  return sigmoid(x) * (logSigmoid(x) - logSigmoid(gap))
    + sigmoid(-x) * (logSigmoid(-x) - logSigmoid(-gap))
}

let extraTunables = [Tunable("scale", default: 1, range: 0.001...1000, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
