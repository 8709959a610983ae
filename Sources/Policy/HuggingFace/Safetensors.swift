import Foundation
import Losses

/// A safetensors file, mapped into memory.
///
/// All of the head is validated when the file is opened; after that, no tensor can reach outside
/// the file.
public struct SafetensorsFile: Sendable {
  private let file: MappedFile
  private let header: SafetensorsHeader
  private let indices: [ExactText: Int]

  /// - Throws: `LossmithError`: `missing-file`, or `malformed-input` that says which tensor is
  ///   wrong in what: a truncated file, a header length beyond the file, an unknown dtype, a shape
  ///   that disagrees with its byte range, overlapping tensors, a hole, a name that occurs twice.
  public init(_ url: URL) throws(LossmithError) {
    file = try MappedFile(path: url.path)
    header = try SafetensorsHeader(file.bytes, path: url.path)
    indices = Dictionary(
      uniqueKeysWithValues: header.tensors.enumerated().map { (ExactText($1.name), $0) })
  }

  /// Names of the tensors by position in the file.
  public var names: [String] { header.tensors.map(\.name) }

  /// The strings of `__metadata__`.
  public var metadata: [String: String] {
    Dictionary(header.metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  public func contains(_ name: String) -> Bool { indices[ExactText(name)] != nil }

  /// The extents of a tensor, in row-major order; empty for a scalar, nil when there is no tensor.
  public func shape(of name: String) -> [Int]? {
    indices[ExactText(name)].map { header.tensors[$0].shape }
  }

  /// The type of a tensor's elements; nil when there is no tensor.
  func element(of name: String) -> TensorElement? {
    indices[ExactText(name)].map { header.tensors[$0].element }
  }

  /// Copies a tensor, converted to Float32.
  ///
  /// - Precondition: the tensor is there and has as many elements as the target.
  public func copy(_ name: String, to target: UnsafeMutableBufferPointer<Float>) {
    guard let index = indices[ExactText(name)] else { preconditionFailure("no tensor \(name)") }
    let tensor = header.tensors[index]
    precondition(tensor.count == target.count, "\(name) has another number of elements")
    tensor.element.convert(
      UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range]), to: target)
  }

  /// A tensor's elements in row-major order, converted to Float32; nil when there is no tensor.
  public func floats(_ name: String) -> [Float]? {
    guard let index = indices[ExactText(name)] else { return nil }
    let count = header.tensors[index].count
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      copy(name, to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }
}

/// Writes safetensors files of Float32.
public enum SafetensorsWriter {
  /// A tensor to write; its memory must live until the call is over.
  public struct Tensor {
    public var name: String
    public var shape: [Int]
    public var elements: UnsafeBufferPointer<Float>

    /// - Precondition: the shape's product is the number of elements.
    public init(name: String, shape: [Int], elements: UnsafeBufferPointer<Float>) {
      precondition(shape.reduce(1, *) == elements.count, "\(name): shape and elements disagree")
      self.name = name
      self.shape = shape
      self.elements = elements
    }
  }

  /// Writes a file, whole or not at all.
  ///
  /// Equal tensors give equal bytes: tensors are laid out in the order of their names' bytes, with
  /// the metadata `{"format": "pt"}` that `transformers` asks for unless other is given.
  ///
  /// - Precondition: names differ.
  /// - Throws: `LossmithError` (`storage`).
  public static func write(
    _ tensors: [Tensor], metadata: [String: String] = ["format": "pt"], to url: URL
  ) throws(LossmithError) {
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let pairs = metadata.sorted { $0.key < $1.key }
      .map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }.joined(separator: ",")
    var text = "{\"__metadata__\":{\(pairs)}"
    var offset = 0
    for (index, tensor) in sorted.enumerated() {
      precondition(index == 0 || sorted[index - 1].name != tensor.name, "\(tensor.name) twice")
      let end = offset + tensor.elements.count * 4
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      text += ",\(JSONText.quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
      text += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    text += "}"
    var head = Array(text.utf8)
    // Spaces, so that the data is aligned: the format's own writers do the same.
    while head.count % 8 != 0 { head.append(UInt8(ascii: " ")) }
    let length = UInt64(head.count).littleEndian
    head = withUnsafeBytes(of: length) { Array($0) } + head
    var outcome: LossmithError?
    head.withUnsafeBytes { head in
      do throws(LossmithError) {
        let data = sorted.map { UnsafeRawBufferPointer($0.elements) }
        try AtomicFile.write([head] + data, to: url.path)
      } catch { outcome = error }
    }
    if let outcome { throw outcome }
  }
}
