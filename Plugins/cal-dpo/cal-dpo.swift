/// Cal-DPO: the logistic loss of the margin, with rewards calibrated to ±1/(2β).
///
/// f = softplus(−ρ) + (c − 1/(2β))² + (r + 1/(2β))², c = π_c − ref_c, r = π_r − ref_r
///
/// Source: Xiao et al. 2024, Cal-DPO, arXiv 2412.14516, the form of turbo-alignment's port.
/// Sign: falls as c grows up to about 1/(2β) and as r falls to about −1/(2β).
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: softplus, squares.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let target = 1 / (2 * tunables.beta)
  let chosen = batch.policyChosen - batch.referenceChosen
  let rejected = batch.policyRejected - batch.referenceRejected
  return softplus(-batch.margin) + square(chosen - target) + square(rejected + target)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
