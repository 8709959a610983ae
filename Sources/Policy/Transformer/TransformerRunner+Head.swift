import CKernels

extension TransformerRunner {
  /// Logits of some of the rows that enter the head, `[outputs, D]`.
  func multiplyHead(
    _ parameters: UnsafePointer<Float>, _ rows: Range<Int>, of headNorm: FloatPointer,
    into logits: FloatPointer
  ) {
    guard !rows.isEmpty else { return }
    let width = configuration.width
    let vocabulary = configuration.vocabularySize
    Matrices.multiplyTransposed(
      rows.count, vocabulary, width, headNorm + rows.lowerBound * width, width,
      parameters + layout.head.offset, width, beta: 0, logits, vocabulary)
  }

  /// A thread's rows of a chunk.
  func headRows(_ chunk: Range<Int>, thread: Int) -> Range<Int> {
    let own = team.part(thread, of: chunk.count)
    return (chunk.lowerBound + own.lowerBound)..<(chunk.lowerBound + own.upperBound)
  }

  /// Log-probabilities of the targets, log Σ exp kept for the way back.
  ///
  /// - Parameter targets: one an output of the part; −1 gives 0.
  func scoreHead(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, _ targets: [Int32],
    chunk: Range<Int>, logits: FloatPointer, thread: Int,
    into scores: UnsafeMutablePointer<Double>
  ) {
    let rows = headRows(chunk, thread: thread)
    let vocabulary = configuration.vocabularySize
    let own = logits + (rows.lowerBound - chunk.lowerBound) * vocabulary
    multiplyHead(parameters, rows, of: activations.headNorm, into: own)
    kernels.pointee.log_sum_exp(
      own, activations.logSumExp + rows.lowerBound, rows.count, vocabulary)
    for (index, row) in rows.enumerated() {
      let target = Int(targets[row])
      scores[row] =
        target < 0 ? 0 : Double(own[index * vocabulary + target]) - activations.logSumExp[row]
    }
  }

  /// From a chunk's logits to the head's gradient and to that of the rows that entered it.
  ///
  /// - Parameter outputGradients: d/d log-probability, one an output of the part.
  func headBackward(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, _ slopes: ActivationGradients,
    _ targets: [Int32], outputGradients: [Float], chunk: Range<Int>, logits: FloatPointer,
    into gradients: FloatPointer, thread: Int
  ) {
    let rows = headRows(chunk, thread: thread)
    let width = configuration.width
    let vocabulary = configuration.vocabularySize
    if !rows.isEmpty {
      let own = logits + (rows.lowerBound - chunk.lowerBound) * vocabulary
      targets.withUnsafeBufferPointer { targets in
        outputGradients.withUnsafeBufferPointer { outputGradients in
          kernels.pointee.cross_entropy_backward(
            own, activations.logSumExp + rows.lowerBound, targets.baseAddress! + rows.lowerBound,
            outputGradients.baseAddress! + rows.lowerBound, rows.count, vocabulary)
        }
      }
      Matrices.multiply(
        rows.count, width, vocabulary, own, vocabulary, parameters + layout.head.offset, width,
        beta: 0, slopes.head + rows.lowerBound * width, width)
    }
    team.barrier()
    let tokens = team.part(thread, of: vocabulary, unit: 16)
    if !tokens.isEmpty {
      Matrices.transposedMultiply(
        tokens.count, width, chunk.count, logits + tokens.lowerBound, vocabulary,
        activations.headNorm + chunk.lowerBound * width, width, beta: 1,
        gradients + layout.head.offset + tokens.lowerBound * width, width)
    }
    team.barrier()
  }
}
