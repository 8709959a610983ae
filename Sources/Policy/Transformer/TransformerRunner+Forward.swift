import CKernels

extension TransformerRunner {
  /// Embedding and blocks of one thread's share; no other thread's share is touched.
  ///
  /// - Parameter afterAttention: called when a layer's queries, keys and values are there, which
  ///   buffers shared by all layers keep no longer.
  func runBlocks(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, thread: Int, panels: PanelWeights? = nil,
    afterAttention: ((_ layer: Int) -> Void)? = nil
  ) {
    let share = part.shares[thread]
    guard !share.tokens.isEmpty else { return }
    let first = share.tokens.lowerBound - part.tokens.lowerBound
    embed(parameters, batch, share, into: activations.input(0) + first * configuration.width)
    for layer in layout.blocks.indices {
      attend(parameters, batch, part, activations, layer: layer, thread: thread, panels: panels)
      afterAttention?(layer)
      feedForward(
        parameters, activations, layer: layer, first: first, count: share.tokens.count,
        panels: panels)
    }
  }

  private func embed(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ share: MicroBatch.Share,
    into out: FloatPointer
  ) {
    let width = configuration.width
    let table = kernels.pointee
    for (row, index) in share.tokens.enumerated() {
      table.add_row(
        parameters + layout.tokenEmbedding.offset + Int(batch.tokens[index]) * width,
        parameters + layout.positionEmbedding.offset + Int(batch.positions[index]) * width,
        out + row * width, 1, width)
    }
  }

  /// middle = input + projection(attention(norm1(input))).
  private func attend(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, layer: Int, thread: Int, panels: PanelWeights?
  ) {
    let share = part.shares[thread]
    let first = share.tokens.lowerBound - part.tokens.lowerBound
    let count = share.tokens.count
    projectQueriesKeysValues(
      parameters, activations, layer: layer, first: first, count: count, panels: panels)
    let attention = attention(thread: thread)
    for index in share.segments {
      let span = Attention.Span(
        batch.segments[index], in: batch.segments, from: part.tokens.lowerBound)
      attention.forward(
        span, qkv: activations.queriesKeysValues(layer), sums: activations.scoreSums(layer),
        out: activations.attended(layer))
    }
    projectAttended(
      parameters, activations, layer: layer, first: first, count: count, panels: panels)
  }

  /// middle = input + attended·W + b.
  func projectAttended(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil
  ) {
    let width = configuration.width
    let block = layout.blocks[layer]
    let middle = activations.middle(layer) + first * width
    kernels.pointee.add_row(
      activations.input(layer) + first * width, parameters + block.projectionBias.offset, middle,
      count, width)
    multiplyAdding(
      activations.attended(layer) + first * width, block.projectionWeight, parameters, panels,
      count, into: middle)
  }

  /// qkv = norm1(input)·W + b. The product adds to the bias, which saves a pass.
  func projectQueriesKeysValues(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil
  ) {
    let width = configuration.width
    let block = layout.blocks[layer]
    let table = kernels.pointee
    let norm = activations.norm1(layer) + first * width
    table.layer_norm(
      activations.input(layer) + first * width, parameters + block.norm1Weight.offset,
      parameters + block.norm1Bias.offset, configuration.normEpsilon, norm,
      activations.mean1(layer) + first, activations.rstd1(layer) + first, count, width)
    let qkv = activations.queriesKeysValues(layer) + first * 3 * width
    table.fill_rows(parameters + block.attentionBias.offset, qkv, count, 3 * width)
    multiplyAdding(norm, block.attentionWeight, parameters, panels, count, into: qkv)
  }

  /// input of the next layer = middle + contract(gelu(expand(norm2(middle)))).
  func feedForward(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil
  ) {
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    let block = layout.blocks[layer]
    let table = kernels.pointee
    let middle = activations.middle(layer) + first * width
    let norm = activations.norm2(layer) + first * width
    let expanded = activations.expanded(layer) + first * inner
    let activated = activations.activated(layer) + first * inner
    let output = activations.input(layer + 1) + first * width
    table.layer_norm(
      middle, parameters + block.norm2Weight.offset, parameters + block.norm2Bias.offset,
      configuration.normEpsilon, norm, activations.mean2(layer) + first,
      activations.rstd2(layer) + first, count, width)
    table.fill_rows(parameters + block.expandBias.offset, expanded, count, inner)
    multiplyAdding(norm, block.expandWeight, parameters, panels, count, into: expanded)
    switch configuration.activation {
    case .geluTanh: table.gelu_tanh(expanded, activated, count * inner)
    case .gelu: table.gelu(expanded, activated, count * inner)
    }
    table.add_row(middle, parameters + block.contractBias.offset, output, count, width)
    multiplyAdding(activated, block.contractWeight, parameters, panels, count, into: output)
  }

  /// out += x·W for a weight of shape `[in, out]`.
  private func multiplyAdding(
    _ x: FloatPointer, _ weight: TransformerLayout.Tensor, _ parameters: UnsafePointer<Float>,
    _ panels: PanelWeights?, _ count: Int, into out: FloatPointer
  ) {
    let (k, n) = (weight.shape[0], weight.shape[1])
    if let panels {
      kernels.pointee.panel_multiply(x, k, panels.pointer(weight), out, n, count, n, k)
    } else {
      Matrices.multiply(count, n, k, x, k, parameters + weight.offset, n, beta: 1, out, n)
    }
  }

  /// Gathers the residual stream at the outputs of a share and normalises it for the head.
  func gatherHead(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, thread: Int
  ) {
    let width = configuration.width
    let outputs = part.shares[thread].outputs
    guard !outputs.isEmpty else { return }
    let stream = activations.input(layout.blocks.count)
    let first = outputs.lowerBound - part.outputs.lowerBound
    for (row, index) in outputs.enumerated() {
      let position = batch.outputs[index].position - part.tokens.lowerBound
      (activations.headInput + (first + row) * width).update(
        from: stream + position * width, count: width)
    }
    kernels.pointee.layer_norm(
      activations.headInput + first * width, parameters + layout.finalNormWeight.offset,
      parameters + layout.finalNormBias.offset, configuration.normEpsilon,
      activations.headNorm + first * width, activations.headMean + first,
      activations.headRstd + first, outputs.count, width)
  }
}
