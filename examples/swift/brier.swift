/// Brier score: squared distance between the softmax of the logits and the label.
///
/// Glenn W. Brier, "Verification of forecasts expressed in terms of probability", 1950.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  let distance = softmax(batch.logits) - oneHot(batch.labels, batch.classes)
  return sum(distance * distance, dim: 1)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
