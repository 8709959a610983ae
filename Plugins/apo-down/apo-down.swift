/// APO-down: lowers both completions, the rejected one more.
///
/// f = σ(b_c) + σ(−(b_c − b_r)), b = β·(π − ref) of each completion
///
/// Source: D'Oosterlinck et al. 2024, Anchored Preference Optimization, arXiv 2408.06266; TRL
///   `apo_down`.
/// Sign: falls as b_r falls; in b_c it may rise, which is meant.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − σ(z) is written σ(−z), which keeps the tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = tunables.beta * (batch.policyChosen - batch.referenceChosen)
  return sigmoid(chosen) + sigmoid(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
