/// Conservative DPO: DPO that believes each label only with probability 1 − ε.
///
/// f = (1 − ε)·softplus(−x) + ε·softplus(x), x = β·ρ, ε = `label_smoothing`
///
/// Source: Mitchell 2023, A note on DPO with noisy preferences and relationship to IPO, equation 3;
///   TRL `sigmoid` with `label_smoothing` up to version 0.28.
/// Sign: falls as ρ grows up to x = ln((1 − ε)/ε), where it has its minimum.
/// Tunables: beta 0.1 (0.0001 … 100), label_smoothing 0.1 (0 … 0.5).
/// Columns: the four log-probabilities.
/// Numerics: softplus of both signs.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  let smoothing = tunables.label_smoothing
  return (1 - smoothing) * softplus(-x) + smoothing * softplus(x)
}

let extraTunables = [Tunable("label_smoothing", default: 0.1, range: 0...0.5)]
let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
