/// Adaptive preference scaling: each pair chooses its own temperature, in closed form.
///
/// x = β·ρ: f = min over τ in [τ_min, τ_max] of τ·softplus(−x/τ) + (r − ln 2)·τ, r = `radius`
/// The minimum is at τ = |x|/u, kept within the bounds, where KL(Bernoulli(σ(u)) ‖ ½) = r.
///
/// Source: Hong et al. 2024, Adaptive Preference Scaling, arXiv 2406.02764. u follows from setting
///   the derivative in τ to 0.
/// Sign: falls as ρ grows; values may be negative.
/// Tunables: beta 0.1 (0.0001 … 100), radius 0.2 (0.001 … 1), tau_min 0.1 (0.001 … 1), tau_max 5 (1
///   … 1000).
/// Columns: the four log-probabilities.
/// Numerics: the authors' five Newton steps can cycle (x = 1, r = 0.5), so u is found once a call
///   by bisection; for r ≥ ln 2 τ is τ_min. By the envelope theorem τ is a constant of the
///   gradient.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let best = abs(x) * (1 / standardMargin(radius: tunables.radius))
  let tau = detach(clamp(best, min: tunables.tau_min, max: tunables.tau_max))
  return tau * (softplus(-x / tau) + (tunables.radius - ln2))
}

let ln2 = 0.6931471805599453

/// The u > 0 with KL(Bernoulli(σ(u)) ‖ ½) = u·σ(u) − softplus(u) + ln 2 = radius; infinite for a
/// radius that no u reaches.
func standardMargin(radius: Double) -> Double {
  if radius >= ln2 { return .infinity }
  var (low, high) = (0.0, 64.0)
  for _ in 0..<80 {
    let u = 0.5 * (low + high)
    // softplus(u) = u + softplus(−u), so the u cancels without loss.
    let divergence = ln2 - u * sigmoid(-u) - softplus(-u)
    if divergence < radius { low = u } else { high = u }
  }
  return 0.5 * (low + high)
}

let extraTunables = [
  Tunable("radius", default: 0.2, range: 0.001...1, scale: .log),
  Tunable("tau_min", default: 0.1, range: 0.001...1, scale: .log),
  Tunable("tau_max", default: 5, range: 1...1000, scale: .log),
]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
