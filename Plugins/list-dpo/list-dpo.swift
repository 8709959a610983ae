/// DPO on all pairs of a list: the mean logistic loss over pairs of unequal score.
///
/// f = mean of softplus(−β·(d_i − d_j)) over the pairs with score_i > score_j, d = π − ref
///
/// Source: Zhao et al. 2024, Ordinal Preference Optimization, arXiv 2410.04346, the all-pairs DPO
///   baseline; Zhao and others take the scores to be in descending order.
/// Sign: falls as the log-ratio of a better completion grows against that of a worse one.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: softplus; a list without such a pair has the value 0.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let (own, other) = pairs(tunables.beta * batch.logRatio)
  let (score, otherScore) = pairs(batch.scores)
  let (present, otherPresent) = pairs(batch.mask)
  let counts = (score > otherScore) & present & otherPresent
  let size = batch.size * batch.size
  let losses = reshape(counts * softplus(other - own), batch.count, size)
  let number = sum(reshape(counts, batch.count, size), dim: 1)
  return sum(losses, dim: 1) / maximum(number, 1)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
