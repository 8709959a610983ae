/// MPO, mixed: 0.8 of DPO, 0.2 of BCO and the likelihood of the chosen completions.
///
/// b = β·(π − ref) of each completion:
/// f = w_p·softplus(−β·ρ) + w_q·(softplus(−(b_c − δ)) + softplus(b_r − δ)) − w_g·Σ π_c / Σ |y_c|
///
/// Source: Wang et al. 2024, Mixed Preference Optimization for multimodal models, arXiv 2411.10442,
///   section 4; TRL's `sigmoid`, `bco_pair`, `sft` with weights 0.8, 0.2, 1.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), preference_weight 0.8 (0 … 10), quality_weight 0.2 (0 … 10),
///   generation_weight 1 (0 … 10), delta 0 (-1000 … 1000).
/// Columns: the four log-probabilities, chosen_tokens.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = tunables.beta * (batch.policyChosen - batch.referenceChosen)
  let rejected = tunables.beta * (batch.policyRejected - batch.referenceRejected)
  let preference = softplus(-(tunables.beta * batch.margin))
  let quality = softplus(-(chosen - tunables.delta)) + softplus(rejected - tunables.delta)
  let generation = -sum(batch.policyChosen) / sum(batch.chosenTokens)
  return tunables.preference_weight * preference + tunables.quality_weight * quality
    + tunables.generation_weight * generation
}

let extraTunables = [
  Tunable("preference_weight", default: 0.8, range: 0...10),
  Tunable("quality_weight", default: 0.2, range: 0...10),
  Tunable("generation_weight", default: 1, range: 0...10),
  Tunable("delta", default: 0, range: -1000...1000),
]
