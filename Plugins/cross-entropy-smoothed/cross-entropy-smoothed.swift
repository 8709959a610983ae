/// Cross-entropy with smoothed labels.
///
/// f = (1 − ε)·CE(z, y) + ε·mean over classes k of CE(z, k), ε = `label_smoothing`
///
/// Source: Szegedy et al. 2016, arXiv 1512.00567, section 7; PyTorch's `label_smoothing`. The first
///   of the CIFAR-10 study of Lu et al. 2024, arXiv 2406.08414.
/// Sign: falls as the logit of the right class grows, up to the smoothed target.
/// Tunables: label_smoothing 0.1 (0 … 1).
/// Columns: logits, labels.
/// Numerics: as `cross-entropy`.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  crossEntropy(batch.logits, batch.labels, labelSmoothing: tunables.label_smoothing)
}

let extraTunables = [Tunable("label_smoothing", default: 0.1, range: 0...1)]
let claims: Claims = [.rowIndependent]
