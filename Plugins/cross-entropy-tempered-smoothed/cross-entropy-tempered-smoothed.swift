/// Cross-entropy with a temperature and smoothed labels.
///
/// f = (1 − ε)·CE(z/T, y) + ε·mean over classes k of CE(z/T, k), ε = `label_smoothing`
///
/// Source: the CIFAR-10 study of Lu et al. 2024, arXiv 2406.08414, `combined temperature scaling
///   and label smoothing`; the paper gives the name only, the form and constants are ours.
/// Sign: falls as the logit of the right class grows, up to the smoothed target.
/// Tunables: temperature 2 (0.01 … 100), label_smoothing 0.1 (0 … 1).
/// Columns: logits, labels.
/// Numerics: as `cross-entropy`.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  crossEntropy(
    batch.logits / tunables.temperature, batch.labels,
    labelSmoothing: tunables.label_smoothing)
}

let extraTunables = [
  Tunable("temperature", default: 2, range: 0.01...100, scale: .log),
  Tunable("label_smoothing", default: 0.1, range: 0...1),
]
let claims: Claims = [.rowIndependent]
