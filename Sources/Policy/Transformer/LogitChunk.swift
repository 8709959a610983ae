/// Room for the logits of some outputs at a time, never for all of a large batch.
struct LogitChunk {
  /// Outputs of one chunk.
  let height: Int
  private let width: Int
  private(set) var capacity = 0
  private var storage = FloatStorage(count: 0)

  /// A chunk takes at most 32 MiB or a quarter of what the parameters take, whichever is more.
  init(layout: TransformerLayout) {
    width = layout.configuration.vocabularySize
    let limit = max(1 << 23, layout.bufferCount / 4)
    height = min(4096, max(64, limit / width))
  }

  /// The chunks of a number of outputs.
  func chunks(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: height).map { $0..<min($0 + height, count) }
  }

  /// Room for `rows` outputs, of shape `[rows, V]`; what it held may be lost when it grows.
  mutating func reserve(rows: Int) -> FloatPointer {
    if rows > capacity {
      storage = FloatStorage(count: 0)
      storage = FloatStorage(uninitialized: rows * width)
      capacity = rows
    }
    return storage.elements.baseAddress!
  }
}
