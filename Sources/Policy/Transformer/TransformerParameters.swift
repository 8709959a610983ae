import Glibc

/// The parameters of a model: one flat float32 buffer, and a name for each tensor in it.
///
/// A value: copies are independent, and share memory until one of them is written to. Gradients have
/// the same layout and the same type.
///
/// ```swift
/// var parameters = TransformerParameters(configuration)            // zeros
/// for tensor in parameters.layout.tensors {
///   parameters.withMutableTensor(tensor) { elements in … }         // row-major, tensor.shape
/// }
/// ```
public struct TransformerParameters: Sendable {
  public let layout: TransformerLayout
  private var storage: FloatStorage

  public var configuration: TransformerConfiguration { layout.configuration }

  /// Parameters of 0.
  public init(_ configuration: TransformerConfiguration) {
    self.init(layout: TransformerLayout(configuration))
  }

  /// Parameters of 0.
  public init(layout: TransformerLayout) {
    self.layout = layout
    storage = FloatStorage(count: layout.bufferCount)
  }

  /// The whole buffer, gaps of 0 included; ``TransformerLayout/Tensor/range`` indexes it.
  public func withUnsafeBuffer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(storage.elements))
  }

  /// The whole buffer to write to. The gaps between tensors must stay 0.
  public mutating func withUnsafeMutableBuffer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&storage) { storage = FloatStorage(copying: storage) }
    return try body(storage.elements)
  }

  /// The elements of one tensor, row-major.
  public func withTensor<Result, Failure: Error>(
    _ tensor: TransformerLayout.Tensor,
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(rebasing: storage.elements[tensor.range]))
  }

  /// The elements of one tensor to write to, row-major.
  public mutating func withMutableTensor<Result, Failure: Error>(
    _ tensor: TransformerLayout.Tensor,
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeMutableBuffer { buffer throws(Failure) in
      try body(UnsafeMutableBufferPointer(rebasing: buffer[tensor.range]))
    }
  }

  /// The elements of a tensor as Hugging Face's file has it; nil when the model has none of that name.
  public subscript(name: String) -> [Float]? {
    layout.stored.first { $0.name == name }.map(elements)
  }

  /// The elements of a tensor in the order of Hugging Face's file.
  public func elements(of stored: TransformerLayout.Stored) -> [Float] {
    withTensor(stored.tensor) { elements in
      guard stored.isTransposed else { return Array(elements) }
      let (rows, stride) = (stored.tensor.shape[0], stored.tensor.shape[1])
      return [Float](unsafeUninitializedCapacity: rows * stored.columns.count) { out, count in
        for (line, column) in stored.columns.enumerated() {
          for row in 0..<rows { out[line * rows + row] = elements[row * stride + column] }
        }
        count = rows * stored.columns.count
      }
    }
  }

  /// Puts elements in the order of Hugging Face's file in their place.
  ///
  /// - Precondition: they are as many as the shape says.
  public mutating func setElements(
    of stored: TransformerLayout.Stored, to values: UnsafeBufferPointer<Float>
  ) {
    precondition(values.count == stored.shape.reduce(1, *), "\(stored.name) has other elements")
    withMutableTensor(stored.tensor) { elements in
      guard stored.isTransposed else {
        _ = elements.update(from: values)
        return
      }
      let (rows, stride) = (stored.tensor.shape[0], stored.tensor.shape[1])
      for (line, column) in stored.columns.enumerated() {
        for row in 0..<rows { elements[row * stride + column] = values[line * rows + row] }
      }
    }
  }
}

/// Floats on a cache line's boundary.
final class FloatStorage: @unchecked Sendable {
  // Written only through `TransformerParameters`, which copies unless it is the sole owner, or by
  // the one thread that owns a workspace.
  let elements: UnsafeMutableBufferPointer<Float>

  /// Zeros.
  init(count: Int) {
    elements = Self.allocate(count)
    elements.initialize(repeating: 0)
  }

  /// Whatever the memory holds.
  init(uninitialized count: Int) {
    elements = Self.allocate(count)
  }

  init(copying other: FloatStorage) {
    elements = Self.allocate(other.elements.count)
    _ = elements.initialize(from: other.elements)
  }

  private static let largePage = 2 << 20

  private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let size = max(count, 1) * MemoryLayout<Float>.stride
    // Rows of a large buffer lie on so many pages that the processor forgets where; it is asked for
    // large ones.
    let isLarge = size >= 2 * largePage
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: size, alignment: isLarge ? largePage : 64)
    if isLarge { madvise(bytes.baseAddress!, size, MADV_HUGEPAGE) }
    return UnsafeMutableBufferPointer(
      start: bytes.baseAddress!.bindMemory(to: Float.self, capacity: count), count: count)
  }

  deinit { UnsafeMutableRawPointer(elements.baseAddress!).deallocate() }
}
