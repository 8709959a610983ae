/// IPO with the log-ratio of each completion divided by its length.
///
/// f = (c/|y_c| − r/|y_r| − 1/(2β))², c = π_c − ref_c, r = π_r − ref_r
///
/// Source: Azar et al. 2023, arXiv 2310.12036, equation 17, with means over tokens; TRL `ipo` since
///   0.7.11.
/// Sign: falls as the difference of the means grows up to 1/(2β), its minimum.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities, chosen_tokens, rejected_tokens.
/// Numerics: a square.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = (batch.policyChosen - batch.referenceChosen) / batch.chosenTokens
  let rejected = (batch.policyRejected - batch.referenceRejected) / batch.rejectedTokens
  return square(chosen - rejected - 1 / (2 * tunables.beta))
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
