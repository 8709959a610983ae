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
    let base = part.tokens.lowerBound
    let blocks = panels == nil ? [share] : share.blocks(batch)
    for layer in layout.blocks.indices {
      for block in blocks {
        attend(parameters, batch, block, base, activations, layer: layer, thread, panels)
        feedForward(
          parameters, activations, layer: layer, first: block.tokens.lowerBound - base,
          count: block.tokens.count, panels: panels)
      }
      afterAttention?(layer)
    }
  }

  /// What the backward pass needs of one block, computed again from the stream before it: the products
  /// and shapes of the forward pass, so the same bits.
  func recompute(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ part: MicroBatch,
    _ activations: Activations, layer: Int, thread: Int, panels: PanelWeights?
  ) {
    let share = part.shares[thread]
    let base = part.tokens.lowerBound
    guard !share.tokens.isEmpty else { return }
    for block in panels == nil ? [share] : share.blocks(batch) {
      attend(parameters, batch, block, base, activations, layer: layer, thread, panels)
      feedForward(
        parameters, activations, layer: layer, first: block.tokens.lowerBound - base,
        count: block.tokens.count, panels: panels, isRecomputing: true)
    }
  }

  private func embed(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ share: MicroBatch.Share,
    into out: FloatPointer
  ) {
    for (row, index) in share.tokens.enumerated() {
      embed(
        parameters, token: batch.tokens[index], position: Int(batch.positions[index]),
        into: out + row * configuration.width)
    }
  }

  /// The residual stream's first row of one token.
  func embed(
    _ parameters: UnsafePointer<Float>, token: Int32, position: Int, into out: FloatPointer
  ) {
    let width = configuration.width
    let row = parameters + layout.tokenEmbedding.offset + Int(token) * width
    if let positions = layout.positionEmbedding {
      kernels.pointee.add_row(
        row, parameters + positions.offset + position * width, out, 1, width)
    } else {
      out.update(from: row, count: width)
    }
  }

  /// middle = input + projection(attention(norm1(input))).
  ///
  /// - Parameters:
  ///   - share: a thread's, or a part of it.
  ///   - base: the first token of the micro-batch.
  private func attend(
    _ parameters: UnsafePointer<Float>, _ batch: PackedBatch, _ share: MicroBatch.Share,
    _ base: Int, _ activations: Activations, layer: Int, _ thread: Int, _ panels: PanelWeights?
  ) {
    let first = share.tokens.lowerBound - base
    let count = share.tokens.count
    projectQueriesKeysValues(
      parameters, activations, layer: layer, first: first, count: count, panels: panels)
    rotate(
      activations.queriesKeysValues(layer) + first * configuration.projectedWidth, batch, share)
    let attention = attention(thread: thread)
    for index in share.segments {
      let span = Attention.Span(
        batch.segments[index], in: batch.segments, from: base)
      attention.forward(
        span, qkv: activations.queriesKeysValues(layer), sums: activations.scoreSums(layer),
        out: activations.attended(layer))
    }
    projectAttended(
      parameters, activations, layer: layer, first: first, count: count, panels: panels)
  }

  /// Turns the queries and keys of a share's rows by their positions, or their slopes back.
  func rotate(
    _ rows: FloatPointer, _ batch: PackedBatch, _ share: MicroBatch.Share, sign: Float = 1
  ) {
    guard rotary != nil else { return }
    batch.positions.withUnsafeBufferPointer {
      rotate(rows, positions: $0.baseAddress! + share.tokens.lowerBound, sign, share.tokens.count)
    }
  }

  /// Turns the queries and keys of rows, one position a row; nothing where positions are learnt.
  func rotate(
    _ rows: FloatPointer, positions: UnsafePointer<Int32>, _ sign: Float, _ count: Int
  ) {
    guard let rotary else { return }
    kernels.pointee.rotate(
      rows, configuration.projectedWidth, rotary.elements, positions, sign,
      configuration.heads + configuration.keyValueHeads, rotary.half, count)
  }

  /// The family's normalisation of rows, with what the way back needs.
  func normalise(
    _ x: FloatPointer, _ weight: TransformerLayout.Tensor, _ bias: TransformerLayout.Tensor?,
    _ parameters: UnsafePointer<Float>, into out: FloatPointer, mean: FloatPointer,
    rstd: FloatPointer, count: Int
  ) {
    if let bias {
      kernels.pointee.layer_norm(
        x, parameters + weight.offset, parameters + bias.offset, configuration.normEpsilon, out,
        mean, rstd, count, configuration.width)
    } else {
      kernels.pointee.rms_norm(
        x, parameters + weight.offset, configuration.normEpsilon, out, rstd, count,
        configuration.width)
    }
  }

  /// middle = input + attended·W + b.
  ///
  /// - Parameter joint: how the product is shared with other threads' rows, for panels only; here and in
  ///   the two below.
  func projectAttended(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil, joint: ProductShare? = nil
  ) {
    let width = configuration.width
    let block = layout.blocks[layer]
    multiply(
      activations.attended(layer) + first * configuration.attentionWidth, block.projectionWeight,
      block.projectionBias, adding: activations.input(layer) + first * width, parameters, panels,
      joint, count, into: activations.middle(layer) + first * width)
  }

  /// qkv = norm1(input)·W + b.
  func projectQueriesKeysValues(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil, joint: ProductShare? = nil
  ) {
    let width = configuration.width
    let block = layout.blocks[layer]
    let norm = activations.norm1(layer) + first * width
    normalise(
      activations.input(layer) + first * width, block.norm1Weight, block.norm1Bias, parameters,
      into: norm, mean: activations.mean1(layer) + first, rstd: activations.rstd1(layer) + first,
      count: count)
    multiply(
      norm, block.attentionWeight, block.attentionBias, parameters, panels, joint, count,
      into: activations.queriesKeysValues(layer) + first * configuration.projectedWidth)
  }

  /// input of the next layer = middle + contract(activate(expand(norm2(middle)))).
  ///
  /// - Parameter isRecomputing: whether the next layer's input is there already.
  func feedForward(
    _ parameters: UnsafePointer<Float>, _ activations: Activations, layer: Int, first: Int,
    count: Int, panels: PanelWeights? = nil, joint: ProductShare? = nil,
    isRecomputing: Bool = false
  ) {
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    let block = layout.blocks[layer]
    let table = kernels.pointee
    let middle = activations.middle(layer) + first * width
    let norm = activations.norm2(layer) + first * width
    let expanded = activations.expanded(layer) + first * configuration.expandedWidth
    let activated = activations.activated(layer) + first * inner
    let output = activations.input(layer + 1) + first * width
    normalise(
      middle, block.norm2Weight, block.norm2Bias, parameters, into: norm,
      mean: activations.mean2(layer) + first, rstd: activations.rstd2(layer) + first, count: count)
    multiply(
      norm, block.expandWeight, block.expandBias, parameters, panels, joint, count, into: expanded)
    switch configuration.activation {
    case .geluTanh: table.gelu_tanh(expanded, activated, count * inner)
    case .gelu: table.gelu(expanded, activated, count * inner)
    case .silu: table.swiglu(expanded, activated, count, inner)
    }
    if isRecomputing { return }
    multiply(
      activated, block.contractWeight, block.contractBias, adding: middle, parameters, panels,
      joint, count, into: output)
  }

  /// out = x·W + b + residual for a weight of shape `[in, out]`.
  private func multiply(
    _ x: FloatPointer, _ weight: TransformerLayout.Tensor, _ bias: TransformerLayout.Tensor?,
    adding residual: FloatPointer? = nil, _ parameters: UnsafePointer<Float>,
    _ panels: PanelWeights?, _ joint: ProductShare?, _ count: Int, into out: FloatPointer
  ) {
    let (k, n) = (weight.shape[0], weight.shape[1])
    let table = kernels.pointee
    let bias = bias.map { parameters + $0.offset }
    if let panels, let joint {
      return joint.joint.multiply(
        x, panels: panels.pointer(weight), bias: bias, residual: residual, into: out,
        count: count, k: k, n: n, thread: joint.thread)
    }
    if let panels {
      return table.panel_multiply(
        x, k, panels.pointer(weight), bias, residual, out, n, count, n, k)
    }
    // The product adds to what is there, which saves a pass.
    if let residual, let bias {
      table.add_row(residual, bias, out, count, n)
    } else if let residual {
      out.update(from: residual, count: count * n)
    } else if let bias {
      table.fill_rows(bias, out, count, n)
    }
    Matrices.multiply(
      count, n, k, x, k, parameters + weight.offset, n,
      beta: residual == nil && bias == nil ? 0 : 1, out, n)
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
    normalise(
      activations.headInput + first * width, layout.finalNormWeight, layout.finalNormBias,
      parameters, into: activations.headNorm + first * width, mean: activations.headMean + first,
      rstd: activations.headRstd + first, count: outputs.count)
  }
}
