import CKernels

extension TransformerRunner {
  /// Goes back through the blocks from the gradient at the head's rows to the embeddings.
  ///
  /// Runs on every thread. A thread computes the gradients of its own rows; where a weight's gradient
  /// needs all rows, all wait for each other and then each makes some of its columns, over all rows
  /// at once. So a weight's gradient is one product, whatever the number of threads.
  func runBlocksBackward(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, _ slopes: ActivationGradients, into gradients: FloatPointer,
    thread: Int
  ) {
    scatterHead(parameters, batch, part, activations, slopes, thread: thread)
    for layer in layout.blocks.indices.reversed() {
      feedForwardBackward(parameters, part, activations, slopes, layer: layer, thread: thread)
      attendBackward(parameters, batch, part, activations, slopes, layer: layer, thread: thread)
      team.barrier()
      addWeightGradients(part, activations, slopes, layer: layer, into: gradients, thread: thread)
      team.barrier()
      if thread == 0 { slopes.descend() }
      team.barrier()
    }
    addEmbeddingGradients(batch, part, slopes, into: gradients, thread: thread)
  }

  /// behind = d/d residual stream behind the last block, 0 where nothing is predicted.
  private func scatterHead(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, _ slopes: ActivationGradients, thread: Int
  ) {
    let share = part.shares[thread]
    let width = configuration.width
    let base = part.tokens.lowerBound
    (slopes.behind + (share.tokens.lowerBound - base) * width).update(
      repeating: 0, count: share.tokens.count * width)
    let dweight = vectorGradients.pointer(layout.finalNormWeight, thread: thread)
    let dbias = vectorGradients.pointer(layout.finalNormBias, thread: thread)
    let backward = kernels.pointee.layer_norm_backward!
    for index in share.outputs {
      let row = index - part.outputs.lowerBound
      let down = slopes.behind + (batch.outputs[index].position - base) * width
      // Adds, since completions that share a prompt predict from the same token.
      backward(
        slopes.head + row * width, activations.headInput + row * width,
        parameters + layout.finalNormWeight.offset, activations.headMean + row,
        activations.headRstd + row, down, down, dweight, dbias, 1, width)
    }
  }

  /// middle from behind.
  private func feedForwardBackward(
    _ parameters: UnsafePointer<Float>, _ part: MicroBatch, _ activations: Activations,
    _ slopes: ActivationGradients, layer: Int, thread: Int
  ) {
    let share = part.shares[thread]
    let count = share.tokens.count
    guard count > 0 else { return }
    let first = share.tokens.lowerBound - part.tokens.lowerBound
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    let block = layout.blocks[layer]
    let table = kernels.pointee
    let behind = slopes.behind + first * width
    let expanded = slopes.expanded + first * inner
    let norm = slopes.inner + first * width
    table.add_column_sums(
      behind, width, vectorGradients.pointer(block.contractBias, thread: thread), count, width)
    Matrices.multiplyTransposed(
      count, inner, width, behind, width, parameters + block.contractWeight.offset, width, beta: 0,
      expanded, inner)
    let dbias = vectorGradients.pointer(block.expandBias, thread: thread)
    let before = activations.expanded(layer) + first * inner
    switch configuration.activation {
    case .geluTanh: table.gelu_tanh_backward(before, expanded, dbias, count, inner)
    case .gelu: table.gelu_backward(before, expanded, dbias, count, inner)
    }
    Matrices.multiplyTransposed(
      count, width, inner, expanded, inner, parameters + block.expandWeight.offset, inner, beta: 0,
      norm, width)
    table.layer_norm_backward(
      norm, activations.middle(layer) + first * width, parameters + block.norm2Weight.offset,
      activations.mean2(layer) + first, activations.rstd2(layer) + first, behind,
      slopes.middle + first * width, vectorGradients.pointer(block.norm2Weight, thread: thread),
      vectorGradients.pointer(block.norm2Bias, thread: thread), count, width)
  }

  /// before from middle.
  private func attendBackward(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, _ slopes: ActivationGradients, layer: Int, thread: Int
  ) {
    let share = part.shares[thread]
    let count = share.tokens.count
    guard count > 0 else { return }
    let base = part.tokens.lowerBound
    let first = share.tokens.lowerBound - base
    let width = configuration.width
    let block = layout.blocks[layer]
    let table = kernels.pointee
    let middle = slopes.middle + first * width
    let inner = slopes.inner + first * width
    let qkv = slopes.queriesKeysValues + first * 3 * width
    table.add_column_sums(
      middle, width, vectorGradients.pointer(block.projectionBias, thread: thread), count, width)
    Matrices.multiplyTransposed(
      count, width, width, middle, width, parameters + block.projectionWeight.offset, width,
      beta: 0, inner, width)
    for index in share.segments where batch.segments[index].isPrefix {
      let tokens = batch.segments[index].tokens
      (slopes.queriesKeysValues + (tokens.lowerBound - base) * 3 * width).update(
        repeating: 0, count: tokens.count * 3 * width)
    }
    let attention = attention(thread: thread)
    // Backwards, so that a prefix comes after all that saw it.
    for index in share.segments.reversed() {
      let segment = batch.segments[index]
      attention.backward(
        Attention.Span(segment, in: batch.segments, from: base),
        qkv: activations.queriesKeysValues(layer), sums: activations.scoreSums(layer),
        out: activations.attended(layer), dout: slopes.inner, dqkv: slopes.queriesKeysValues,
        isAdding: segment.isPrefix)
    }
    table.add_column_sums(
      qkv, 3 * width, vectorGradients.pointer(block.attentionBias, thread: thread), count,
      3 * width)
    // The weights' gradients need `inner` no more: what the heads gave is saved.
    Matrices.multiplyTransposed(
      count, width, 3 * width, qkv, 3 * width, parameters + block.attentionWeight.offset,
      3 * width, beta: 0, inner, width)
    table.layer_norm_backward(
      inner, activations.input(layer) + first * width, parameters + block.norm1Weight.offset,
      activations.mean1(layer) + first, activations.rstd1(layer) + first, middle,
      slopes.before + first * width, vectorGradients.pointer(block.norm1Weight, thread: thread),
      vectorGradients.pointer(block.norm1Bias, thread: thread), count, width)
  }

  /// dW += inputᵀ · d(output) for the four weights of a layer, some columns each.
  private func addWeightGradients(
    _ part: MicroBatch, _ activations: Activations, _ slopes: ActivationGradients, layer: Int,
    into gradients: FloatPointer, thread: Int
  ) {
    let tokens = part.tokens.count
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    let block = layout.blocks[layer]
    func add(
      _ tensor: TransformerLayout.Tensor, _ input: FloatPointer, _ rows: Int,
      _ slope: FloatPointer, _ columns: Int
    ) {
      let own = team.part(thread, of: columns, unit: 16)
      guard !own.isEmpty else { return }
      Matrices.transposedMultiply(
        rows, own.count, tokens, input, rows, slope + own.lowerBound, columns, beta: 1,
        gradients + tensor.offset + own.lowerBound, columns)
    }
    add(block.contractWeight, activations.activated(layer), inner, slopes.behind, width)
    add(block.expandWeight, activations.norm2(layer), width, slopes.expanded, inner)
    add(block.projectionWeight, activations.attended(layer), width, slopes.middle, width)
    add(
      block.attentionWeight, activations.norm1(layer), width, slopes.queriesKeysValues, 3 * width)
  }

  /// Adds the stream's gradient to the embeddings' rows, some columns each.
  private func addEmbeddingGradients(
    _ batch: PackedBatch, _ part: MicroBatch, _ slopes: ActivationGradients,
    into gradients: FloatPointer, thread: Int
  ) {
    let width = configuration.width
    let own = team.part(thread, of: width, unit: 16)
    guard !own.isEmpty else { return }
    let add = kernels.pointee.add!
    let tokenRows = gradients + layout.tokenEmbedding.offset + own.lowerBound
    let positionRows = gradients + layout.positionEmbedding.offset + own.lowerBound
    for (row, index) in part.tokens.enumerated() {
      let down = slopes.behind + row * width + own.lowerBound
      add(down, tokenRows + Int(batch.tokens[index]) * width, own.count)
      add(down, positionRows + Int(batch.positions[index]) * width, own.count)
    }
  }
}
