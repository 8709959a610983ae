/// Cross-entropy blended with the squared error of the probabilities.
///
/// f = (1 − w)·CE(z, y) + w·Σ_k (p_k − [k = y])², p = softmax(z)
///
/// Source: the CIFAR-10 study of Lu et al. 2024, arXiv 2406.08414, `combined cross-entropy and
///   squared error`; the paper gives the name only, the form and weight are ours.
/// Sign: falls as the logit of the right class grows.
/// Tunables: weight 0.5 (0 … 1).
/// Columns: logits, labels.
/// Numerics: as `cross-entropy` and `squared-error`.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  let p = softmax(batch.logits)
  let wrong = p * (1 - oneHot(batch.labels, batch.classes))
  let squared = square(sum(wrong, dim: 1)) + sum(square(wrong), dim: 1)
  let weight = tunables.weight
  return (1 - weight) * crossEntropy(batch.logits, batch.labels) + weight * squared
}

let extraTunables = [Tunable("weight", default: 0.5, range: 0...1)]
let claims: Claims = [.rowIndependent]
