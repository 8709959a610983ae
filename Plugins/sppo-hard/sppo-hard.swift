/// SPPO with hard labels: the chosen log-ratio goes to 1/(2β), the rejected one to −1/(2β).
///
/// f = (c − 1/(2β))² + (r + 1/(2β))², c = π_c − ref_c, r = π_r − ref_r
///
/// Source: Wu et al. 2024, Self-Play Preference Optimization, arXiv 2405.00675, section 4; TRL
///   `sppo_hard`.
/// Sign: falls as c grows up to 1/(2β) and as r falls to −1/(2β).
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: squares.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let target = 1 / (2 * tunables.beta)
  let chosen = batch.policyChosen - batch.referenceChosen
  let rejected = batch.policyRejected - batch.referenceRejected
  return square(chosen - target) + square(rejected + target)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
