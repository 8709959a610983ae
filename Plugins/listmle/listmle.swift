/// ListMLE: the Plackett-Luce likelihood of the ranking by score.
///
/// s = β·(π − ref), in descending order of score:
/// f = −Σ_k (s_(k) − ln Σ_{j≥k} exp s_(j))
///
/// Source: Zhao et al. 2024, Ordinal Preference Optimization, arXiv 2410.04346, the ListMLE
///   baseline; Xia et al. 2008, Listwise approach to learning to rank.
/// Sign: falls as the rewards come into the order of the scores; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: logCumulativeSumExp from the last place to the first; ties keep the order of the list.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let order = argsort(batch.scores, descending: true, mask: batch.mask)
  let s = gather(tunables.beta * batch.logRatio, order)
  let present = gather(batch.mask, order)
  let rest = flip(logCumulativeSumExp(flip(s), mask: flip(present)))
  return sum(rest - s, dim: 1, mask: present)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
