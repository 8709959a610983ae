/// AOT: the sorted margins of the policy dominate those of the reference.
///
/// D = sort(π_c − π_r) − sort(ref_c − ref_r), each over the batch, x = β·D, ε = `label_smoothing`:
/// f = (1 − ε)·softplus(−x) + ε·softplus(x)
///
/// Source: Melnyk et al. 2024, Distributional Preference Alignment of LLMs via Optimal Transport,
///   arXiv 2406.05882; the paired variant; TRL `aot`.
/// Sign: falls as a margin of the policy grows. Row i is that of rank i, not that of pair i.
/// Tunables: beta 0.1 (0.0001 … 100), label_smoothing 0 (0 … 0.5).
/// Columns: the four log-probabilities.
/// Numerics: softplus; ties keep their order.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let policy = sort(batch.policyChosen - batch.policyRejected)
  let reference = sort(batch.referenceChosen - batch.referenceRejected)
  let x = tunables.beta * (policy - reference)
  let smoothing = tunables.label_smoothing
  return (1 - smoothing) * softplus(-x) + smoothing * softplus(x)
}

let extraTunables = [Tunable("label_smoothing", default: 0, range: 0...0.5)]
