/// APO-zero: raises the chosen completion and lowers the rejected one, each by itself.
///
/// f = σ(−b_c) + σ(b_r), b = β·(π − ref) of each completion
///
/// Source: D'Oosterlinck et al. 2024, Anchored Preference Optimization, arXiv 2408.06266; TRL
///   `apo_zero`.
/// Sign: falls as b_c grows and as b_r falls; flat far from 0.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − σ(z) is written σ(−z), which keeps the tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = tunables.beta * (batch.policyChosen - batch.referenceChosen)
  let rejected = tunables.beta * (batch.policyRejected - batch.referenceRejected)
  return sigmoid(-chosen) + sigmoid(rejected)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
