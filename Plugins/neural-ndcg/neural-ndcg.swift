/// NeuralNDCG: minus the NDCG of the ranking by implicit reward, with a soft sort.
///
/// s = β·(π − ref), G = 2^score − 1, P the NeuralSort matrix of s at temperature τ, made doubly
/// stochastic by Sinkhorn's steps:
/// f = −Σ_k (P·G)_k/log₂(1 + k) / Σ_k G_(k)/log₂(1 + k), the k-th largest gain at place k
///
/// The gain 2^score − 1 takes scores to be at least 0; scores below 0 count as 0, as padding does.
/// The authors' training code rounds P to 16 bits; this does not.
///
/// Source: Zhao et al. 2024, Ordinal Preference Optimization, arXiv 2410.04346; Pobrotyn and
///   Białobrzeski 2021, NeuralNDCG, arXiv 2102.07831; allRank.
/// Sign: from −1 (the ranking is right) to 0; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100), tau 1 (0.0001 … 100).
/// Columns: policy, reference, scores, mask.
/// Numerics: neuralSort with softmax rows; at most 50 Sinkhorn steps to 1e-6. A list without any
///   gain has the value 0.
func loss(_ batch: ListwiseBatch, _ tunables: Tunables) -> Vector {
  let gains = exp2m1(relu(batch.scores)) * batch.mask
  let weight = 1 / discount(places(batch))
  let ideal = sum(sort(gains, descending: true) * weight, dim: 1)
  let order = neuralSort(
    tunables.beta * batch.logRatio, temperature: tunables.tau, mask: batch.mask)
  let reached = sum(matvec(sinkhorn(order), gains) * weight, dim: 1)
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

let extraTunables = [Tunable("tau", default: 1, range: 0.0001...100, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
