/// AOT without pairs: the sorted chosen log-ratios dominate the sorted rejected ones.
///
/// D = sort(π_c − ref_c) − sort(π_r − ref_r), each over the batch, x = β·D, ε = `label_smoothing`:
/// f = (1 − ε)·softplus(−x) + ε·softplus(x)
///
/// Source: Melnyk et al. 2024, Distributional Preference Alignment of LLMs via Optimal Transport,
///   arXiv 2406.05882; the unpaired variant; TRL `aot_unpaired`, once `aot_pair`.
/// Sign: falls as a chosen log-ratio grows. Row i is that of rank i, not that of pair i.
/// Tunables: beta 0.1 (0.0001 … 100), label_smoothing 0 (0 … 0.5).
/// Columns: the four log-probabilities.
/// Numerics: softplus; ties keep their order.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = sort(batch.policyChosen - batch.referenceChosen)
  let rejected = sort(batch.policyRejected - batch.referenceRejected)
  let x = tunables.beta * (chosen - rejected)
  let smoothing = tunables.label_smoothing
  return (1 - smoothing) * softplus(-x) + smoothing * softplus(x)
}

let extraTunables = [Tunable("label_smoothing", default: 0, range: 0...0.5)]
let claims: Claims = [.shiftInvariant]
