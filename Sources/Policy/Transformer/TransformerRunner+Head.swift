import CKernels

extension TransformerRunner {
  /// Logits of some of the rows that enter the head, `[outputs, D]`.
  func multiplyHead(
    _ parameters: UnsafePointer<Float>, _ panels: PanelWeights?, _ rows: Range<Int>,
    of headNorm: FloatPointer,
    into logits: FloatPointer
  ) {
    guard !rows.isEmpty else { return }
    let width = configuration.width
    let vocabulary = configuration.vocabularySize
    if let panels {
      return kernels.pointee.panel_multiply(
        headNorm + rows.lowerBound * width, width, panels.head, nil, nil, logits, vocabulary,
        rows.count, vocabulary, width)
    }
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
    _ parameters: UnsafePointer<Float>, _ panels: PanelWeights?, _ activations: Activations,
    _ targets: [Int32], chunk: Range<Int>, logits: FloatPointer, thread: Int,
    into scores: UnsafeMutablePointer<Double>
  ) {
    let vocabulary = configuration.vocabularySize
    for rows in blocks(headRows(chunk, thread: thread), panels) {
      let own = logits + (rows.lowerBound - chunk.lowerBound) * vocabulary
      multiplyHead(parameters, panels, rows, of: activations.headNorm, into: own)
      kernels.pointee.log_sum_exp(
        own, activations.logSumExp + rows.lowerBound, rows.count, vocabulary)
      for (index, row) in rows.enumerated() {
        let target = Int(targets[row])
        scores[row] =
          target < 0 ? 0 : Double(own[index * vocabulary + target]) - activations.logSumExp[row]
      }
    }
  }

  /// Rows in blocks that are looked at while they are in the cache; BLAS wants them at once.
  private func blocks(_ rows: Range<Int>, _ panels: PanelWeights?) -> [Range<Int>] {
    if panels == nil { return [rows] }
    let height = MicroBatch.Share.blockTokens
    return stride(from: rows.lowerBound, to: rows.upperBound, by: height).map {
      $0..<min($0 + height, rows.upperBound)
    }
  }

  /// From a chunk's logits to the head's gradient and to that of the rows that entered it.
  ///
  /// - Parameter outputGradients: d/d log-probability, one an output of the part.
  func headBackward(
    _ parameters: UnsafePointer<Float>, _ panels: PanelWeights?, _ activations: Activations,
    _ slopes: ActivationGradients, _ targets: [Int32], outputGradients: [Float], chunk: Range<Int>,
    logits: FloatPointer,
    into gradients: FloatPointer, thread: Int
  ) {
    let width = configuration.width
    let vocabulary = configuration.vocabularySize
    let table = kernels.pointee
    for rows in blocks(headRows(chunk, thread: thread), panels) where !rows.isEmpty {
      let own = logits + (rows.lowerBound - chunk.lowerBound) * vocabulary
      targets.withUnsafeBufferPointer { targets in
        outputGradients.withUnsafeBufferPointer { outputGradients in
          table.cross_entropy_backward(
            own, activations.logSumExp + rows.lowerBound, targets.baseAddress! + rows.lowerBound,
            outputGradients.baseAddress! + rows.lowerBound, rows.count, vocabulary)
        }
      }
      let down = slopes.head + rows.lowerBound * width
      if let panels {
        table.panel_multiply(
          own, vocabulary, panels.head, nil, nil, down, width, rows.count, width, vocabulary)
      } else {
        Matrices.multiply(
          rows.count, width, vocabulary, own, vocabulary, parameters + layout.head.offset, width,
          beta: 0, down, width)
      }
    }
    team.barrier()
    let tokens = team.part(thread, of: vocabulary, unit: 16)
    if !tokens.isEmpty {
      let norm = activations.headNorm + chunk.lowerBound * width
      let own = gradients + layout.head.offset + tokens.lowerBound * width
      if panels == nil {
        Matrices.transposedMultiply(
          tokens.count, width, chunk.count, logits + tokens.lowerBound, vocabulary, norm, width,
          beta: 1, own, width)
      } else {
        table.add_outer_products(
          logits + tokens.lowerBound, vocabulary, norm, width, own, width, chunk.count,
          tokens.count, width, scratch[thread].elements.baseAddress!)
      }
    }
    team.barrier()
  }
}
