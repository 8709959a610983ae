/// DBAQL: a logistic and an exponential loss blended by the batch's variance.
///
/// x = β·ρ, d = σ(var ρ): f = d·softplus(−x/0.9) + (1 − d)·exp(−0.9·x)
///
/// Dynamic Blended Adaptive Quantile Loss, Lu et al. 2024, Discovering Preference Optimization
/// Algorithms with and for Large Language Models, arXiv 2406.08414, appendix E.1, as it was
/// discovered (the authors' later edit takes the variance of x/0.05). The variance is unbiased.
/// The exponential overflows below x ≈ −788; the variance of such a batch makes 1 − d, written
/// σ(−var ρ), vanish, but a product of 0 and infinity is not mended here.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let spread = variance(batch.margin)
  return sigmoid(spread) * softplus(-x / 0.9) + sigmoid(-spread) * exp(-0.9 * x)
}

let claims: Claims = [.shiftInvariant]
