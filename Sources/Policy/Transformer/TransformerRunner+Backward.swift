import CKernels

extension TransformerRunner {
  /// Goes back through the blocks from the gradient at the head's rows to the embeddings.
  ///
  /// Runs on every thread. A thread computes the gradients of its own rows; where a weight's gradient
  /// needs all rows, all wait for each other and then each makes some of its columns, over all rows
  /// at once. So a weight's gradient is one product, whatever the number of threads.
  ///
  /// - Parameters:
  ///   - forwardPanels: the weights for what is computed again.
  ///   - panels: the transposed ones.
  func runBlocksBackward(
    _ parameters: UnsafePointer<Float>, _ forwardPanels: PanelWeights?, _ panels: PanelWeights?,
    _ batch: PackedBatch, _ part: MicroBatch, _ activations: Activations,
    _ slopes: ActivationGradients, into gradients: FloatPointer, thread: Int
  ) {
    let base = part.tokens.lowerBound
    let share = part.shares[thread]
    // Backwards, so that a prefix comes after all that saw it.
    let blocks = panels == nil ? [share] : share.blocks(batch).reversed()
    scatterHead(parameters, batch, part, activations, slopes, thread: thread)
    for layer in layout.blocks.indices.reversed() {
      // The last block's buffers still hold it.
      if recomputes, layer < layout.blocks.count - 1 {
        recompute(
          parameters, batch, part, activations, layer: layer, thread: thread,
          panels: forwardPanels)
      }
      clearPrefixes(batch, share, base, slopes)
      for block in blocks where !block.tokens.isEmpty {
        feedForwardBackward(
          parameters, panels, block, base, activations, slopes, layer: layer, thread: thread)
        attendBackward(
          parameters, panels, batch, block, base, activations, slopes, layer: layer,
          thread: thread)
      }
      team.barrier()
      addWeightGradients(
        part, activations, slopes, layer: layer, isOwn: panels != nil, into: gradients,
        thread: thread)
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
    for index in share.outputs {
      let row = index - part.outputs.lowerBound
      let down = slopes.behind + (batch.outputs[index].position - base) * width
      // Adds, since completions that share a prompt predict from the same token.
      normaliseBackward(
        slopes.head + row * width, activations.headInput + row * width, layout.finalNormWeight,
        layout.finalNormBias, parameters, mean: activations.headMean + row,
        rstd: activations.headRstd + row, residual: down, into: down, count: 1, thread: thread)
    }
  }

  /// dx = residual + slope of the family's normalisation, and its parameters' gradients, added.
  private func normaliseBackward(
    _ dy: FloatPointer, _ x: FloatPointer, _ weight: TransformerLayout.Tensor,
    _ bias: TransformerLayout.Tensor?, _ parameters: UnsafePointer<Float>, mean: FloatPointer,
    rstd: FloatPointer, residual: FloatPointer, into dx: FloatPointer, count: Int, thread: Int
  ) {
    let dweight = vectorGradients.pointer(weight, thread: thread)
    if let bias {
      kernels.pointee.layer_norm_backward(
        dy, x, parameters + weight.offset, mean, rstd, residual, dx, dweight,
        vectorGradients.pointer(bias, thread: thread), count, configuration.width)
    } else {
      kernels.pointee.rms_norm_backward(
        dy, x, parameters + weight.offset, rstd, residual, dx, dweight, count,
        configuration.width)
    }
  }

  /// A bias's gradient, where there is one: the sum over rows.
  private func addBiasGradient(
    _ bias: TransformerLayout.Tensor?, _ slopes: FloatPointer, count: Int, thread: Int
  ) {
    guard let bias else { return }
    kernels.pointee.add_column_sums(
      slopes, bias.count, vectorGradients.pointer(bias, thread: thread), count, bias.count)
  }

  /// middle from behind.
  private func feedForwardBackward(
    _ parameters: UnsafePointer<Float>, _ panels: PanelWeights?, _ share: MicroBatch.Share,
    _ base: Int, _ activations: Activations, _ slopes: ActivationGradients, layer: Int,
    thread: Int
  ) {
    let count = share.tokens.count
    let first = share.tokens.lowerBound - base
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    let expandedWidth = configuration.expandedWidth
    let block = layout.blocks[layer]
    let behind = slopes.behind + first * width
    let expanded = slopes.expanded + first * expandedWidth
    let norm = slopes.inner + first * ActivationGradients.innerWidth(configuration)
    addBiasGradient(block.contractBias, behind, count: count, thread: thread)
    // Of a gated block into the second half of its rows, from which both halves come.
    multiplyBack(
      behind, block.contractWeight, parameters, panels, count,
      into: expanded + (expandedWidth - inner), expandedWidth)
    activateBackward(
      activations.expanded(layer) + first * expandedWidth, expanded, block.expandBias,
      count: count, thread: thread)
    multiplyBack(expanded, block.expandWeight, parameters, panels, count, into: norm, width)
    normaliseBackward(
      norm, activations.middle(layer) + first * width, block.norm2Weight, block.norm2Bias,
      parameters, mean: activations.mean2(layer) + first, rstd: activations.rstd2(layer) + first,
      residual: behind, into: slopes.middle + first * width, count: count, thread: thread)
  }

  /// Slopes before the activation function from those behind it, in place.
  private func activateBackward(
    _ before: FloatPointer, _ slopes: FloatPointer, _ bias: TransformerLayout.Tensor?, count: Int,
    thread: Int
  ) {
    let table = kernels.pointee
    let inner = configuration.feedForwardWidth
    func dbias() -> FloatPointer { vectorGradients.pointer(bias!, thread: thread) }
    switch configuration.activation {
    case .geluTanh: table.gelu_tanh_backward(before, slopes, dbias(), count, inner)
    case .gelu: table.gelu_backward(before, slopes, dbias(), count, inner)
    case .silu: table.swiglu_backward(before, slopes, count, inner)
    }
  }

  /// before from middle.
  private func attendBackward(
    _ parameters: UnsafePointer<Float>, _ panels: PanelWeights?, _ batch: PackedBatch,
    _ share: MicroBatch.Share, _ base: Int, _ activations: Activations,
    _ slopes: ActivationGradients, layer: Int, thread: Int
  ) {
    let count = share.tokens.count
    let first = share.tokens.lowerBound - base
    let width = configuration.width
    let attended = configuration.attentionWidth
    let projected = configuration.projectedWidth
    let block = layout.blocks[layer]
    let middle = slopes.middle + first * width
    let inner = slopes.inner + first * ActivationGradients.innerWidth(configuration)
    let qkv = slopes.queriesKeysValues + first * projected
    addBiasGradient(block.projectionBias, middle, count: count, thread: thread)
    multiplyBack(
      middle, block.projectionWeight, parameters, panels, count, into: inner, attended)
    let attention = attention(thread: thread)
    for index in share.segments.reversed() {
      let segment = batch.segments[index]
      attention.backward(
        Attention.Span(segment, in: batch.segments, from: base),
        qkv: activations.queriesKeysValues(layer), sums: activations.scoreSums(layer),
        out: activations.attended(layer), dout: inner - first * attended,
        dqkv: slopes.queriesKeysValues, isAdding: segment.isPrefix)
    }
    rotate(qkv, batch, share, sign: -1)
    addBiasGradient(block.attentionBias, qkv, count: count, thread: thread)
    // The weights' gradients need `inner` no more: what the heads gave is saved.
    multiplyBack(qkv, block.attentionWeight, parameters, panels, count, into: inner, width)
    normaliseBackward(
      inner, activations.input(layer) + first * width, block.norm1Weight, block.norm1Bias,
      parameters, mean: activations.mean1(layer) + first, rstd: activations.rstd1(layer) + first,
      residual: middle, into: slopes.before + first * width, count: count, thread: thread)
  }

  /// dx = dy·Wᵀ for a weight of shape `[in, out]`, into rows that lie `stride` apart.
  private func multiplyBack(
    _ dy: FloatPointer, _ weight: TransformerLayout.Tensor, _ parameters: UnsafePointer<Float>,
    _ panels: PanelWeights?, _ count: Int, into dx: FloatPointer, _ stride: Int
  ) {
    let (k, n) = (weight.shape[0], weight.shape[1])
    if let panels {
      kernels.pointee.panel_multiply(
        dy, n, panels.pointer(weight), nil, nil, dx, stride, count, k, n)
    } else {
      Matrices.multiplyTransposed(
        count, k, n, dy, n, parameters + weight.offset, n, beta: 0, dx, stride)
    }
  }

  /// Before the segments that see a prefix add to the slopes of its keys and values.
  private func clearPrefixes(
    _ batch: PackedBatch, _ share: MicroBatch.Share, _ base: Int, _ slopes: ActivationGradients
  ) {
    let projected = configuration.projectedWidth
    for index in share.segments where batch.segments[index].isPrefix {
      let tokens = batch.segments[index].tokens
      (slopes.queriesKeysValues + (tokens.lowerBound - base) * projected).update(
        repeating: 0, count: tokens.count * projected)
    }
  }

  /// dW += inputᵀ · d(output) for the four weights of a layer, a part of each weight each.
  ///
  /// - Parameter isOwn: whether by our own kernel; BLAS else.
  private func addWeightGradients(
    _ part: MicroBatch, _ activations: Activations, _ slopes: ActivationGradients, layer: Int,
    isOwn: Bool, into gradients: FloatPointer, thread: Int
  ) {
    let tokens = part.tokens.count
    let block = layout.blocks[layer]
    func add(_ tensor: TransformerLayout.Tensor, _ input: FloatPointer, _ slope: FloatPointer) {
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      if isOwn {
        // Whole panels of columns where they are many and go round, else rows.
        let byColumns =
          columns > rows && (columns + Int(CK_PANEL) - 1) / Int(CK_PANEL) % team.count == 0
        let height = byColumns ? 0..<rows : team.part(thread, of: rows, unit: 16)
        let own = byColumns ? team.part(thread, of: columns, unit: Int(CK_PANEL)) : 0..<columns
        guard !own.isEmpty, !height.isEmpty else { return }
        return kernels.pointee.add_outer_products(
          input + height.lowerBound, rows, slope + own.lowerBound, columns,
          gradients + tensor.offset + height.lowerBound * columns + own.lowerBound, columns,
          tokens, height.count, own.count, scratch[thread].elements.baseAddress!)
      }
      let own = team.part(thread, of: columns, unit: 16)
      guard !own.isEmpty else { return }
      Matrices.transposedMultiply(
        rows, own.count, tokens, input, rows, slope + own.lowerBound, columns, beta: 1,
        gradients + tensor.offset + own.lowerBound, columns)
    }
    add(block.contractWeight, activations.activated(layer), slopes.behind)
    add(block.expandWeight, activations.norm2(layer), slopes.expanded)
    add(block.projectionWeight, activations.attended(layer), slopes.middle)
    add(block.attentionWeight, activations.norm1(layer), slopes.queriesKeysValues)
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
    let positionRows = layout.positionEmbedding.map { gradients + $0.offset + own.lowerBound }
    for (row, index) in part.tokens.enumerated() {
      let down = slopes.behind + row * width + own.lowerBound
      add(down, tokenRows + Int(batch.tokens[index]) * width, own.count)
      if let positionRows {
        add(down, positionRows + Int(batch.positions[index]) * width, own.count)
      }
    }
  }
}
