/// Squared error: the Brier score of the predicted probabilities.
///
/// f = Σ_k (p_k − [k = y])², p = softmax(z)
///
/// Source: Brier 1950, Verification of forecasts expressed in terms of probability.
/// Sign: falls as the probability of the right class grows; from 0 to 2.
/// Tunables: none.
/// Columns: logits, labels.
/// Numerics: 1 − p_y is formed as the sum of the other classes' probabilities, which keeps its
///   tail.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  let p = softmax(batch.logits)
  let wrong = p * (1 - oneHot(batch.labels, batch.classes))
  return square(sum(wrong, dim: 1)) + sum(square(wrong), dim: 1)
}

let claims: Claims = [.rowIndependent]
