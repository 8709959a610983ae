/// DBAQL: a logistic and an exponential loss blended by the batch's variance.
///
/// x = β·ρ, d = σ(var ρ): f = d·softplus(−x/0.9) + (1 − d)·exp(−0.9·x)
///
/// The variance is unbiased, 0 for one row. The authors' later edit takes the variance of x/0.05:
/// `dbaql-repo`.
///
/// Source: Dynamic Blended Adaptive Quantile Loss, Lu et al. 2024, Discovering Preference
///   Optimization Algorithms with and for Large Language Models, arXiv 2406.08414, appendix E.1, as
///   it was discovered.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − d is written σ(−var ρ), and the product exp(ln σ(−var ρ) − 0.9·x), which is finite
///   wherever the mathematics is: the variance of a batch with a very negative x outgrows the
///   exponent.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let spread = variance(batch.margin)
  return sigmoid(spread) * softplus(-x / 0.9) + exp(logSigmoid(-spread) - 0.9 * x)
}

let claims: Claims = [.shiftInvariant]
