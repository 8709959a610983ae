/// χPO: DPO with the link z + ln z, which adds the χ² divergence to the KL.
///
/// d = π − ref of each completion, φ = exp(d) + d:
/// f = softplus(−h), h = β·(φ_c − φ_r) kept within ±2R
///
/// Source: Huang et al. 2024, Correcting the Mythos of KL-Regularization, arXiv 2407.13399,
///   algorithm 1; R = `reward_bound`.
/// Sign: falls as d_c grows and as d_r falls; flat beyond ±2R.
/// Tunables: beta 0.1 (0.0001 … 100), reward_bound 10 (0.1 … 1000).
/// Columns: the four log-probabilities.
/// Numerics: exp(d) stops at e^700, long past any useful R; where both completions are beyond, the
///   difference of d decides the side.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen - batch.referenceChosen
  let rejected = batch.policyRejected - batch.referenceRejected
  let ratios = exp(clamp(chosen, max: 700)) - exp(clamp(rejected, max: 700))
  let bound = 2 * tunables.reward_bound
  let h = clamp(tunables.beta * (ratios + batch.margin), min: -bound, max: bound)
  return softplus(-h)
}

let extraTunables = [Tunable("reward_bound", default: 10, range: 0.1...1000, scale: .log)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
