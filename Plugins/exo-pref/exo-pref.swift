/// EXO-pref as its authors published it: the loser's log-target is −10, the winner's 0.
///
/// f = σ(s)·ln σ(s) + σ(−s)·(ln σ(−s) + k), s = β·ρ, k = `penalty`
///
/// Source: Ji et al. 2024, arXiv 2402.00856, the authors' code (haozheji/exact-optimization,
///   align_stage/loss.py). The target is not normalised: exp(−10) beside 1.
/// Sign: falls as ρ grows up to s = k; its minimum is slightly below 0.
/// Tunables: beta 0.5 (0.0001 … 100), penalty 10 (0 … 100).
/// Columns: the four log-probabilities.
/// Numerics: logSigmoid of both signs.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let s = tunables.beta * batch.margin
  return sigmoid(s) * logSigmoid(s) + sigmoid(-s) * (logSigmoid(-s) + tunables.penalty)
}

let extraTunables = [
  Tunable("beta", default: 0.5, range: 0.0001...100, scale: .log),
  Tunable("penalty", default: 10, range: 0...100),
]
let claims: Claims = [.rowIndependent, .shiftInvariant]
