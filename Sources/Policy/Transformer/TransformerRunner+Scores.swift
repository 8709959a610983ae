import CKernels

extension TransformerRunner {
  /// The log-probability of every scored token, by row, in nats.
  public func tokenLogProbabilities(
    _ parameters: TransformerParameters, _ batch: PackedBatch
  ) -> [[Double]] {
    let scores = outputScores(parameters, batch, willGoBackward: false)
    var rows = [[Double]](repeating: [], count: batch.rowCount)
    for (output, score) in zip(batch.outputs, scores) { rows[output.row].append(score) }
    return rows
  }

  /// log π of every row: the sum over its scored tokens, taken in double precision.
  ///
  /// - Parameter willGoBackward: whether ``backward(_:_:rowGradients:into:)`` follows with the same
  ///   parameters and batch. Then activations are kept if they fit the budget.
  public func logProbabilities(
    _ parameters: TransformerParameters, _ batch: PackedBatch, willGoBackward: Bool = false
  ) -> [Double] {
    var rows = [Double](repeating: 0, count: batch.rowCount)
    let scores = outputScores(parameters, batch, willGoBackward: willGoBackward)
    for (output, score) in zip(batch.outputs, scores) { rows[output.row] += score }
    return rows
  }

  /// Adds d(Σ rows gradient · log π)/d(parameters) to the gradients.
  ///
  /// After ``logProbabilities(_:_:willGoBackward:)`` of the same parameters and batch, with nothing
  /// but other log-probabilities in between, only what did not fit the memory budget is computed
  /// again.
  ///
  /// - Parameter rowGradients: d(sum of the loss)/d(log π), one a row.
  public func backward(
    _ parameters: TransformerParameters, _ batch: PackedBatch, rowGradients: [Double],
    into gradients: inout TransformerParameters
  ) {
    precondition(rowGradients.count == batch.rowCount, "one gradient a row is needed")
    let all = batch.outputs.map { Float(rowGradients[$0.row]) }
    let backPanels = panels(parameters, isTransposed: true)
    let ready = ready.flatMap { $0.isOf(batch) ? $0 : nil }
    self.ready = nil
    let forwardPanels =
      recomputes || !(ready?.hasLogits ?? false) ? panels(parameters) : nil
    for part in microBatches(batch) {
      train(
        parameters, forwardPanels, backPanels, batch, part, gradients: Array(all[part.outputs]),
        ready: ready, into: &gradients)
    }
  }

  /// Mean cross-entropy of the scored tokens, in nats, and its gradient, added.
  ///
  /// Forward and backward in one go, without computing logits twice. An empty batch has 0.
  public func crossEntropy(
    _ parameters: TransformerParameters, _ batch: PackedBatch,
    into gradients: inout TransformerParameters
  ) -> Double {
    ready = nil
    let count = batch.outputs.count
    guard count > 0 else { return 0 }
    let slope = [Float](repeating: -1 / Float(count), count: count)
    var sum = 0.0
    let forwardPanels = panels(parameters)
    let backPanels = panels(parameters, isTransposed: true)
    for part in microBatches(batch) {
      let scores = train(
        parameters, forwardPanels, backPanels, batch, part, gradients: Array(slope[part.outputs]),
        ready: nil,
        into: &gradients)
      sum -= scores.reduce(0, +)
    }
    return sum / Double(count)
  }

  /// Log-probability of every output.
  private func outputScores(
    _ parameters: TransformerParameters, _ batch: PackedBatch, willGoBackward: Bool
  ) -> [Double] {
    requireShape(of: parameters)
    var scores = [Double](repeating: 0, count: batch.outputs.count)
    let parts = microBatches(batch)
    let isSaving = willGoBackward && parts.count == 1
    if isSaving { ready = nil } else { ready?.hasLogits = false }
    let panels = panels(parameters)
    for part in parts {
      let activations = activations(for: part, isSaving: isSaving)
      let targets = batch.outputs[part.outputs].map(\.target)
      let chunks = logits.chunks(part.outputs.count)
      let room = logits.reserve(rows: chunks.first?.count ?? 0)
      parameters.withUnsafeBuffer { parameters in
        let parameters = parameters.baseAddress!
        scores.withUnsafeMutableBufferPointer { scores in
          let scores = scores.baseAddress! + part.outputs.lowerBound
          team.run { thread in
            runBlocks(parameters, batch, part, activations, thread: thread, panels: panels)
            gatherHead(parameters, batch, part, activations, thread: thread)
            team.barrier()
            for chunk in chunks {
              scoreHead(
                parameters, panels, activations, targets, chunk: chunk, logits: room,
                thread: thread, into: scores)
              // A thread's place in the shared room moves when the next chunk is smaller.
              team.barrier()
            }
          }
        }
      }
    }
    if isSaving {
      ready = Ready(
        tokens: batch.tokens, outputs: batch.outputs.count,
        hasLogits: batch.outputs.count <= logits.height)
    }
    return scores
  }

  /// Forward, unless that is done, and backward of one part.
  ///
  /// - Returns: the log-probabilities of its outputs; zeros where they were known before.
  @discardableResult
  private func train(
    _ parameters: TransformerParameters, _ panels: PanelWeights?, _ backPanels: PanelWeights?,
    _ batch: PackedBatch, _ part: MicroBatch, gradients outputGradients: [Float], ready: Ready?,
    into gradients: inout TransformerParameters
  ) -> [Double] {
    requireShape(of: parameters)
    requireShape(of: gradients)
    let activations = activations(for: part, isSaving: true)
    let slopes = activationGradients(for: part)
    let targets = batch.outputs[part.outputs].map(\.target)
    let chunks = logits.chunks(part.outputs.count)
    let room = logits.reserve(rows: chunks.first?.count ?? 0)
    let hasLogits = ready?.hasLogits ?? false
    let hasForward = ready != nil
    var scores = [Double](repeating: 0, count: part.outputs.count)
    parameters.withUnsafeBuffer { parameters in
      let parameters = parameters.baseAddress!
      gradients.withUnsafeMutableBuffer { gradients in
        let gradients = gradients.baseAddress!
        scores.withUnsafeMutableBufferPointer { scores in
          let scores = scores.baseAddress!
          team.run { thread in
            vectorGradients.clear(thread: thread)
            if !hasForward {
              runBlocks(parameters, batch, part, activations, thread: thread, panels: panels)
              gatherHead(parameters, batch, part, activations, thread: thread)
              team.barrier()
            }
            for chunk in chunks {
              if !hasLogits {
                scoreHead(
                  parameters, panels, activations, targets, chunk: chunk, logits: room,
                  thread: thread, into: scores)
              }
              headBackward(
                parameters, backPanels, activations, slopes, targets,
                outputGradients: outputGradients,
                chunk: chunk, logits: room, into: gradients, thread: thread)
            }
            runBlocksBackward(
              parameters, panels, backPanels, batch, part, activations, slopes, into: gradients,
              thread: thread)
          }
        }
        vectorGradients.add(to: gradients)
      }
    }
    return scores
  }
}
