/// EXO on pairs: the reverse KL divergence to a smoothed label.
///
/// f = σ(x)·(ln σ(x) − ln(1 − ε)) + σ(−x)·(ln σ(−x) − ln ε), x = β·ρ
///
/// Source: Ji et al. 2024, Towards Efficient Exact Optimization of Language Model Alignment, arXiv
///   2402.00856, EXO-pref; TRL `exo_pair`.
/// Sign: falls as ρ grows up to x = ln((1 − ε)/ε), where it is 0; flat where the policy is very
///   wrong.
/// Tunables: beta 0.1 (0.0001 … 100), label_smoothing 0.001 (1e-06 … 0.5).
/// Columns: the four log-probabilities.
/// Numerics: logSigmoid of both signs; ε = `label_smoothing` > 0, at 0 the loss is infinite.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let smoothing = tunables.label_smoothing
  return sigmoid(x) * (logSigmoid(x) - log1p(-smoothing))
    + sigmoid(-x) * (logSigmoid(-x) - log(smoothing))
}

let extraTunables = [
  Tunable("label_smoothing", default: 0.001, range: 0.000001...0.5, scale: .log)
]
let claims: Claims = [.rowIndependent, .shiftInvariant]
