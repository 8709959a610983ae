import CKernels
import Losses

/// How far two models' next-token distributions lie apart at one place, in nats.
public struct PositionDivergence: Hashable, Sendable {
  /// KL(first ‖ second).
  public var forward: Double
  /// KL(second ‖ first).
  public var reverse: Double
}

extension TransformerRunner {
  /// KL between two models' next-token distributions where each scored token is predicted, by row.
  ///
  /// Exact sums over the vocabulary. Both models run through the same code in the same shapes, so
  /// equal parameters give exactly 0. Rounding may leave a KL below 0 by some 1e-7.
  public func divergences(
    _ first: TransformerParameters, _ second: TransformerParameters, _ batch: PackedBatch
  ) -> [[PositionDivergence]] {
    requireShape(of: first)
    requireShape(of: second)
    ready?.hasLogits = false
    let vocabulary = configuration.vocabularySize
    var forward = [Double](repeating: 0, count: batch.outputs.count)
    var reverse = forward
    for part in microBatches(batch) {
      let heads = [first, second].map { headRows($0, batch, part) }
      defer { withExtendedLifetime(heads) {} }
      let chunks = logits.chunks(part.outputs.count)
      let height = chunks.first?.count ?? 0
      let room = logits.reserve(rows: 2 * height)
      var sums = [Double](repeating: 0, count: 2 * height)
      withPointers(first, second, &forward, &reverse, &sums) { first, second, f, r, sums in
        team.run { thread in
          for chunk in chunks {
            let rows = self.headRows(chunk, thread: thread)
            let place = rows.lowerBound - chunk.lowerBound
            let a = room + place * vocabulary
            let b = a + height * vocabulary
            multiplyHead(first, nil, rows, of: heads[0].elements.baseAddress!, into: a)
            multiplyHead(second, nil, rows, of: heads[1].elements.baseAddress!, into: b)
            let table = kernels.pointee
            table.log_sum_exp(a, sums + place, rows.count, vocabulary)
            table.log_sum_exp(b, sums + height + place, rows.count, vocabulary)
            let index = part.outputs.lowerBound + rows.lowerBound
            table.divergences(
              a, sums + place, b, sums + height + place, f + index, r + index, rows.count,
              vocabulary)
            // A thread's place in the shared room moves when the next chunk is smaller.
            team.barrier()
          }
        }
      }
    }
    var result = [[PositionDivergence]](repeating: [], count: batch.rowCount)
    for (index, output) in batch.outputs.enumerated() {
      result[output.row].append(
        PositionDivergence(forward: forward[index], reverse: reverse[index]))
    }
    return result
  }

  /// The log-softmax over the vocabulary where each scored token is predicted.
  ///
  /// - Parameter body: gets the row, the place among the row's scored tokens, and V numbers that are
  ///   valid during the call; in the order of places within a row.
  public func forEachLogSoftmax(
    _ parameters: TransformerParameters, _ batch: PackedBatch,
    _ body: (_ row: Int, _ place: Int, UnsafeBufferPointer<Float>) throws -> Void
  ) rethrows {
    var seen = [Int](repeating: 0, count: batch.rowCount)
    try forEachLogits(parameters, batch) { output, logits, logSumExp in
      for index in logits.indices { logits[index] = Float(Double(logits[index]) - logSumExp) }
      try body(output.row, seen[output.row], UnsafeBufferPointer(logits))
      seen[output.row] += 1
    }
  }

  /// The logits behind every token of a sequence, of shape `[tokens, V]`.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a sequence that is empty, longer than the
  ///   context or holds a token outside the vocabulary.
  public func logits(
    _ parameters: TransformerParameters, _ tokens: [Int32]
  ) throws(LossmithError) -> [[Float]] {
    let batch = try PackedBatch(everyPositionOf: tokens, for: configuration)
    var result: [[Float]] = []
    forEachLogits(parameters, batch) { _, logits, _ in result.append(Array(logits)) }
    return result
  }

  private func forEachLogits(
    _ parameters: TransformerParameters, _ batch: PackedBatch,
    _ body: (PackedBatch.Output, UnsafeMutableBufferPointer<Float>, Double) throws -> Void
  ) rethrows {
    requireShape(of: parameters)
    ready?.hasLogits = false
    let vocabulary = configuration.vocabularySize
    for part in microBatches(batch) {
      let head = headRows(parameters, batch, part)
      defer { withExtendedLifetime(head) {} }
      let chunks = logits.chunks(part.outputs.count)
      let room = logits.reserve(rows: chunks.first?.count ?? 0)
      var sums = [Double](repeating: 0, count: chunks.first?.count ?? 0)
      for chunk in chunks {
        parameters.withUnsafeBuffer { parameters in
          sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums.baseAddress!
            team.run { thread in
              let rows = headRows(chunk, thread: thread)
              let place = rows.lowerBound - chunk.lowerBound
              multiplyHead(
                parameters.baseAddress!, nil, rows, of: head.elements.baseAddress!,
                into: room + place * vocabulary)
              kernels.pointee.log_sum_exp(
                room + place * vocabulary, sums + place, rows.count, vocabulary)
            }
          }
        }
        for (place, row) in chunk.enumerated() {
          try body(
            batch.outputs[part.outputs.lowerBound + row],
            UnsafeMutableBufferPointer(start: room + place * vocabulary, count: vocabulary),
            sums[place])
        }
      }
    }
  }

  /// A model's rows that enter the head, `[outputs, D]`.
  private func headRows(
    _ parameters: TransformerParameters, _ batch: PackedBatch, _ part: MicroBatch
  ) -> FloatStorage {
    let activations = activations(for: part, isSaving: false)
    let panels = panels(parameters)
    parameters.withUnsafeBuffer { parameters in
      team.run { thread in
        runBlocks(
          parameters.baseAddress!, batch, part, activations, thread: thread, panels: panels)
        gatherHead(parameters.baseAddress!, batch, part, activations, thread: thread)
      }
    }
    let rows = FloatStorage(uninitialized: part.outputs.count * configuration.width)
    rows.elements.baseAddress!.update(from: activations.headNorm, count: rows.elements.count)
    return rows
  }

  private func withPointers(
    _ first: TransformerParameters, _ second: TransformerParameters, _ forward: inout [Double],
    _ reverse: inout [Double], _ sums: inout [Double],
    _ body: (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Double>,
      UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    first.withUnsafeBuffer { first in
      second.withUnsafeBuffer { second in
        forward.withUnsafeMutableBufferPointer { forward in
          reverse.withUnsafeMutableBufferPointer { reverse in
            sums.withUnsafeMutableBufferPointer { sums in
              guard !forward.isEmpty else { return }
              body(
                first.baseAddress!, second.baseAddress!, forward.baseAddress!,
                reverse.baseAddress!, sums.baseAddress!)
            }
          }
        }
      }
    }
  }
}
