/// Focal loss: cross-entropy that looks less at rows that are nearly right.
///
/// f = (1 − p_y)^γ·CE(z, y), p = softmax(z)
///
/// Source: Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv 1708.02002, equation 4.
/// Sign: falls as the logit of the right class grows.
/// Tunables: gamma 2 (0 … 10).
/// Columns: logits, labels.
/// Numerics: 1 − p_y is the sum of the other classes' probabilities, in logarithms: (1 − p_y)^γ =
///   exp(γ·ln(1 − p_y)) with ln(1 − p_y) = log Σ' − log Σ.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  let others = 1 - oneHot(batch.labels, batch.classes)
  let rest = logSumExp(batch.logits, dim: 1, mask: others) - logSumExp(batch.logits, dim: 1)
  return exp(tunables.gamma * rest) * crossEntropy(batch.logits, batch.labels)
}

let extraTunables = [Tunable("gamma", default: 2, range: 0...10)]
let claims: Claims = [.rowIndependent]
