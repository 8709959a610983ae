/// EXO on lists: the reverse KL divergence from the scores' softmax to the policy's.
///
/// s = β·(π − ref), q = softmax(s), t = softmax(scores/β_r), over a list:
/// f = KL(q ‖ t) = Σ q·(ln q − ln t)
///
/// Source: Ji et al. 2024, Towards Efficient Exact Optimization of Language Model Alignment, arXiv
///   2402.00856; EXO-rw.
/// Sign: 0 where q = t and positive elsewhere; lower is better.
/// Tunables: beta 0.5 (0.0001 … 100), reward_beta 0.5 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: logSoftmax of both; absent completions have no part.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let own = logSoftmax(tunables.beta * batch.logRatio, mask: batch.mask)
  let target = logSoftmax(batch.scores / tunables.reward_beta, mask: batch.mask)
  return sum(exp(own) * (own - target), dim: 1, mask: batch.mask)
}

let extraTunables = [
  Tunable("beta", default: 0.5, range: 0.0001...100, scale: .log),
  Tunable("reward_beta", default: 0.5, range: 0.0001...100, scale: .log),
]
let claims: Claims = [.rowIndependent, .shiftInvariant]
