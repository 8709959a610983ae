/// What a forward pass leaves for the backward pass, and room for both.
///
/// Buffers are row-major with one row a token. When activations are saved every layer has its own
/// buffers; else all layers use the same ones.
final class Activations {
  let layout: TransformerLayout
  let isSaving: Bool
  /// Tokens and outputs that there is room for.
  let tokenCapacity: Int
  let outputCapacity: Int
  private let storage: FloatStorage
  private let layerStride: Int
  private let inputStride: Int
  private let places: Places
  /// log Σ exp of the logits of every output.
  let logSumExp: UnsafeMutablePointer<Double>

  /// Offsets in the storage.
  private struct Places {
    var end = 0
    // Of each layer.
    var input = 0
    var norm1 = 0
    var mean1 = 0
    var rstd1 = 0
    var queriesKeysValues = 0
    var attended = 0
    var scoreSums = 0
    var middle = 0
    var norm2 = 0
    var mean2 = 0
    var rstd2 = 0
    var expanded = 0
    var activated = 0
    // Of the head, one row an output.
    var headInput = 0
    var headNorm = 0
    var headMean = 0
    var headRstd = 0

    mutating func reserve(_ count: Int) -> Int {
      defer { end += (count + 15) / 16 * 16 }
      return end
    }
  }

  /// - Parameter keepsInputsOnly: whether a layer saves nothing but the stream before it, so that the
  ///   backward pass has to compute the rest again.
  init(
    layout: TransformerLayout, tokens: Int, outputs: Int, isSaving: Bool,
    keepsInputsOnly: Bool = false
  ) {
    self.layout = layout
    self.isSaving = isSaving
    tokenCapacity = tokens
    outputCapacity = outputs
    let width = layout.configuration.width
    var places = Places()
    // First, so that the one behind the last layer needs nothing else of a layer.
    places.input = places.reserve(tokens * width)
    places.norm1 = places.reserve(tokens * width)
    places.mean1 = places.reserve(tokens)
    places.rstd1 = places.reserve(tokens)
    places.queriesKeysValues = places.reserve(tokens * layout.configuration.projectedWidth)
    places.attended = places.reserve(tokens * layout.configuration.attentionWidth)
    places.scoreSums = places.reserve(tokens * layout.configuration.heads)
    places.middle = places.reserve(tokens * width)
    places.norm2 = places.reserve(tokens * width)
    places.mean2 = places.reserve(tokens)
    places.rstd2 = places.reserve(tokens)
    places.expanded = places.reserve(tokens * layout.configuration.expandedWidth)
    places.activated = places.reserve(tokens * layout.configuration.feedForwardWidth)
    let layerCount = places.end
    layerStride = isSaving && !keepsInputsOnly ? layerCount : 0
    places.end = layerStride > 0 ? layerCount * layout.configuration.layers : layerCount
    if isSaving, keepsInputsOnly {
      let start = places.reserve(tokens * width)
      inputStride = places.end - start
      places.input = start
      places.end += inputStride * layout.configuration.layers
    } else {
      inputStride = layerStride
      if isSaving { _ = places.reserve(tokens * width) }
    }
    places.headInput = places.reserve(outputs * width)
    places.headNorm = places.reserve(outputs * width)
    places.headMean = places.reserve(outputs)
    places.headRstd = places.reserve(outputs)
    self.places = places
    storage = FloatStorage(uninitialized: places.end)
    logSumExp = .allocate(capacity: max(outputs, 1))
  }

  deinit { logSumExp.deallocate() }

  /// Bytes that saving takes for one token, outputs not counted.
  static func bytesPerToken(_ configuration: TransformerConfiguration) -> Int {
    let floats =
      4 * configuration.width + configuration.projectedWidth + configuration.attentionWidth
      + configuration.expandedWidth + configuration.feedForwardWidth + configuration.heads + 4
    return 4 * floats * configuration.layers
  }

  /// The same when only each layer's input is kept: all of one layer, and a row for every layer.
  static func bytesPerToken(keepingInputsOf configuration: TransformerConfiguration) -> Int {
    bytesPerToken(configuration) / max(configuration.layers, 1)
      + 4 * configuration.width * (configuration.layers + 1)
  }

  @inline(__always)
  private func pointer(_ place: Int, _ layer: Int) -> FloatPointer {
    storage.elements.baseAddress! + place + layer * layerStride
  }

  /// The residual stream before a layer, `[tokens, D]`; that behind the last layer too.
  func input(_ layer: Int) -> FloatPointer {
    storage.elements.baseAddress! + places.input + layer * inputStride
  }
  func norm1(_ layer: Int) -> FloatPointer { pointer(places.norm1, layer) }
  func mean1(_ layer: Int) -> FloatPointer { pointer(places.mean1, layer) }
  func rstd1(_ layer: Int) -> FloatPointer { pointer(places.rstd1, layer) }
  /// `[tokens, A + 2K]`: queries, keys, values.
  func queriesKeysValues(_ layer: Int) -> FloatPointer { pointer(places.queriesKeysValues, layer) }
  /// The heads' results side by side, `[tokens, A]`.
  func attended(_ layer: Int) -> FloatPointer { pointer(places.attended, layer) }
  /// log Σ exp of every query's scores, `[tokens, H]`.
  func scoreSums(_ layer: Int) -> FloatPointer { pointer(places.scoreSums, layer) }
  /// The residual stream between attention and feed-forward, `[tokens, D]`.
  func middle(_ layer: Int) -> FloatPointer { pointer(places.middle, layer) }
  func norm2(_ layer: Int) -> FloatPointer { pointer(places.norm2, layer) }
  func mean2(_ layer: Int) -> FloatPointer { pointer(places.mean2, layer) }
  func rstd2(_ layer: Int) -> FloatPointer { pointer(places.rstd2, layer) }
  /// Before and after the activation function, `[tokens, F]`; gate and value side by side before a
  /// gated one, `[tokens, 2F]`.
  func expanded(_ layer: Int) -> FloatPointer { pointer(places.expanded, layer) }
  func activated(_ layer: Int) -> FloatPointer { pointer(places.activated, layer) }

  /// The residual stream at the outputs, before and after the last normalisation, `[outputs, D]`.
  var headInput: FloatPointer { pointer(places.headInput, 0) }
  var headNorm: FloatPointer { pointer(places.headNorm, 0) }
  var headMean: FloatPointer { pointer(places.headMean, 0) }
  var headRstd: FloatPointer { pointer(places.headRstd, 0) }
}

/// Room for the gradients of one micro-batch's activations.
final class ActivationGradients {
  let tokenCapacity: Int
  let outputCapacity: Int
  private let storage: FloatStorage
  /// d/d residual stream: behind the layer, between its halves, before it. `[tokens, D]` each.
  private(set) var behind: FloatPointer
  let middle: FloatPointer
  private(set) var before: FloatPointer
  /// `[tokens, max(A, D)]`: d/d a normalisation's result, then d/d what the heads gave.
  let inner: FloatPointer
  /// `[tokens, A + 2K]`.
  let queriesKeysValues: FloatPointer
  /// `[tokens, F]`, or `[tokens, 2F]`.
  let expanded: FloatPointer
  /// `[outputs, D]`: d/d what enters the output head.
  let head: FloatPointer

  init(_ configuration: TransformerConfiguration, tokens: Int, outputs: Int) {
    tokenCapacity = tokens
    outputCapacity = outputs
    let row = (tokens * configuration.width + 15) / 16 * 16
    let innerRow = (tokens * Self.innerWidth(configuration) + 15) / 16 * 16
    let projected = (tokens * configuration.projectedWidth + 15) / 16 * 16
    let wide = (tokens * configuration.expandedWidth + 15) / 16 * 16
    storage = FloatStorage(
      uninitialized: 3 * row + innerRow + projected + wide + outputs * configuration.width)
    let base = storage.elements.baseAddress!
    behind = base
    middle = base + row
    before = base + 2 * row
    inner = base + 3 * row
    queriesKeysValues = inner + innerRow
    expanded = queriesKeysValues + projected
    head = expanded + wide
  }

  /// Elements that a token has in ``inner``, where a thread's part is its own whatever it holds.
  static func innerWidth(_ configuration: TransformerConfiguration) -> Int {
    max(configuration.attentionWidth, configuration.width)
  }

  /// Steps down one layer.
  func descend() { swap(&behind, &before) }
}
