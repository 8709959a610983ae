/// ApproxNDCG: minus the NDCG of the ranking by implicit reward, with smooth ranks.
///
/// s = β·(π − ref), rank_i = 1 + Σ_{j≠i} σ(α·(s_j − s_i)), gain G = 2^score − 1:
/// f = −Σ G_i/log₂(1 + rank_i) / Σ G_(k)/log₂(1 + k), the k-th largest gain at place k
///
/// The gain 2^score − 1 takes scores to be at least 0; scores below 0 count as 0, as padding does.
///
/// Source: Zhao et al. 2024, Ordinal Preference Optimization, arXiv 2410.04346; Qin, Liu and Li
///   2010, A general approximation framework for direct optimization of IR measures; allRank.
/// Sign: from −1 (the ranking is right) to 0; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100), alpha 25 (0.01 … 1000).
/// Columns: policy, reference, scores, mask.
/// Numerics: softRank; a list without any gain has the value 0.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let gains = exp2m1(relu(batch.scores)) * batch.mask
  let ideal = sum(sort(gains, descending: true) / discount(places(batch)), dim: 1)
  let ranks = softRank(tunables.beta * batch.logRatio, alpha: tunables.alpha, mask: batch.mask)
  let reached = sum(gains / discount(maximum(ranks, 1)), dim: 1)
  return -select(ideal > 0, reached / maximum(ideal, 1e-300), 0)
}

/// 2^x − 1.
func exp2m1(_ x: Matrix) -> Matrix { expm1(0.6931471805599453 * x) }

/// log₂(1 + place).
func discount(_ place: Matrix) -> Matrix { log1p(place) / 0.6931471805599453 }

/// 1, 2, … K in every row.
func places(_ batch: ListwiseBatch) -> Matrix {
  cumulativeSum(ones(like: batch.mask))
}

let extraTunables = [Tunable("alpha", default: 25, range: 0.01...1000, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
