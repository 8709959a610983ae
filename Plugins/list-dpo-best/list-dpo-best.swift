/// DPO of the best completion of a list against each of the others.
///
/// f = mean of softplus(−β·(d_best − d_j)) over the others j, d = π − ref
///
/// Source: Zhao et al. 2024, Ordinal Preference Optimization, arXiv 2410.04346, the
///   best-with-others DPO baseline.
/// Sign: falls as the log-ratio of the best-scored completion grows against the others.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: softplus; the first of several best ones counts; a list of one has the value 0.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let order = argsort(batch.scores, descending: true, mask: batch.mask)
  let best = oneHot(column(order, 0), batch.size) * batch.mask
  let reward = tunables.beta * batch.logRatio
  let gap = unsqueeze(sum(best * reward, dim: 1), 1) - reward
  let others = batch.mask - best
  return sum(others * softplus(-gap), dim: 1) / maximum(sum(others, dim: 1), 1)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
