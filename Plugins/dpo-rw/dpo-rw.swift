/// DPO on scored lists: the cross-entropy of the policy's softmax to the scores' one.
///
/// s = β·(π − ref), q = softmax(s), t = softmax(scores/β_r), over a list:
/// f = −Σ t·ln q
///
/// Source: Ji et al. 2024, Towards Efficient Exact Optimization of Language Model Alignment, arXiv
///   2402.00856; DPO-rw.
/// Sign: least, the entropy of t, where q = t; lower is better.
/// Tunables: beta 0.5 (0.0001 … 100), reward_beta 0.5 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: logSoftmax of both; absent completions have no part.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let own = logSoftmax(tunables.beta * batch.logRatio, mask: batch.mask)
  let target = softmax(batch.scores / tunables.reward_beta, mask: batch.mask)
  return -sum(target * own, dim: 1, mask: batch.mask)
}

let extraTunables = [
  Tunable("beta", default: 0.5, range: 0.0001...100, scale: .log),
  Tunable("reward_beta", default: 0.5, range: 0.0001...100, scale: .log),
]
let claims: Claims = [.rowIndependent, .shiftInvariant]
