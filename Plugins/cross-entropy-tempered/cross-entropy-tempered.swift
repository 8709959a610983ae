/// Cross-entropy of logits divided by a temperature.
///
/// f = CE(z/T, y)
///
/// Source: Hinton et al. 2015, arXiv 1503.02531, section 2; the second of the CIFAR-10 study of Lu
///   et al. 2024, arXiv 2406.08414 (no constants are published).
/// Sign: falls as the logit of the right class grows.
/// Tunables: temperature 2 (0.01 … 100).
/// Columns: logits, labels.
/// Numerics: as `cross-entropy`.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  crossEntropy(batch.logits / tunables.temperature, batch.labels)
}

let extraTunables = [Tunable("temperature", default: 2, range: 0.01...100, scale: .log)]
let claims: Claims = [.rowIndependent]
