/// Cross-entropy: minus the log-probability of the right class.
///
/// f = ln Σ exp z − z_y
///
/// Source: the textbook loss; PyTorch `F.cross_entropy`.
/// Sign: falls as the logit of the right class grows; lower is better.
/// Tunables: none.
/// Columns: logits, labels.
/// Numerics: the largest logit is taken out, and the sum without it enters as log1p, so that
///   neither tail is lost.
func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
  crossEntropy(batch.logits, batch.labels)
}

let claims: Claims = [.rowIndependent]
