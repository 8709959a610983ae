import Losses

/// The head of a safetensors file: which tensors there are, and where.
///
/// Layout of a file: 8 bytes little-endian length N, N bytes of JSON, the data.
/// `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}` with offsets into the
/// data, and optionally `__metadata__` of strings. The data must be covered by the tensors without
/// overlap and without hole (the format's rule, so that nothing can hide in a file).
struct SafetensorsHeader: Sendable {
  struct Tensor: Sendable {
    var name: String
    var element: TensorElement
    var shape: [Int]
    /// In the file, in bytes.
    var range: Range<Int>

    var count: Int { range.count / element.size }
  }

  /// By position in the file.
  var tensors: [Tensor] = []
  var metadata: [(key: String, value: String)] = []

  /// The format's own limit for N.
  static let maximumLength = 100_000_000
  static let maximumRank = 16

  /// Reads and validates the head of a file.
  ///
  /// - Parameters:
  ///   - file: the whole file; only its head is looked at.
  ///   - path: how errors name it.
  /// - Throws: `LossmithError` (`malformed-input`) naming the tensor and the disagreement.
  init(_ file: UnsafeRawBufferPointer, path: String) throws(LossmithError) {
    func malformed(_ message: String) -> LossmithError {
      LossmithError(
        .malformedInput, message, at: path,
        remedy: "Get the file again or save the model anew; it must be safetensors.")
    }
    guard file.count >= 8 else {
      throw malformed("The file has \(file.count) bytes, too few for a safetensors header.")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.maximumLength) else {
      throw malformed("The header claims \(length) bytes; the format allows 100,000,000.")
    }
    guard Int(length) <= file.count - 8 else {
      throw malformed(
        "The file is truncated: the header has \(length) bytes, the file \(file.count) in all.")
    }
    let start = 8 + Int(length)
    let text = UnsafeRawBufferPointer(rebasing: file[8..<start])
    do throws(JSONFault) {
      try read(text, dataStart: start)
    } catch {
      throw malformed("The header is not what it should be: \(error).")
    }
    if let problem = arrange(dataStart: start, fileSize: file.count) { throw malformed(problem) }
  }

  private mutating func read(
    _ text: UnsafeRawBufferPointer, dataStart: Int
  ) throws(JSONFault) {
    var reader = JSONReader(text.assumingMemoryBound(to: UInt8.self))
    guard text.first == UInt8(ascii: "{") else { throw reader.fault("it must start with \"{\"") }
    try reader.readMembers { (reader, name) throws(JSONFault) in
      if name == "__metadata__" {
        try reader.readMembers { (reader, key) throws(JSONFault) in
          metadata.append((key, try reader.readString()))
        }
      } else {
        tensors.append(try Self.readTensor(&reader, name: name, dataStart: dataStart))
      }
    }
    try reader.finish()
  }

  private static func readTensor(
    _ reader: inout JSONReader, name: String, dataStart: Int
  ) throws(JSONFault) -> Tensor {
    let label = "the tensor \"\(JSONReader.shortened(name))\""
    var element: TensorElement?
    var shape: [Int]?
    var offsets: [Int]?
    let start = reader.position
    try reader.readMembers { (reader, key) throws(JSONFault) in
      switch key {
      case "dtype":
        let text = try reader.readString()
        element = TensorElement(rawValue: text)
        if element == nil {
          let known = TensorElement.allCases.map(\.rawValue).joined(separator: ", ")
          throw reader.fault(
            "\(label) has the unknown dtype \"\(JSONReader.shortened(text))\"; known: \(known)")
        }
      case "shape":
        shape = try readCounts(&reader, limit: maximumRank, of: "the shape of \(label)")
      case "data_offsets":
        offsets = try readCounts(&reader, limit: 2, of: "the data_offsets of \(label)")
      default: throw reader.fault("\(label) has the unknown key \"\(JSONReader.shortened(key))\"")
      }
    }
    guard let element, let shape, let offsets, offsets.count == 2 else {
      throw reader.fault("\(label) needs dtype, shape and two data_offsets", at: start)
    }
    var size = element.size
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw reader.fault("\(label) is larger than any file", at: start) }
      size = product
    }
    guard offsets[0] <= offsets[1], offsets[1] <= Int.max - dataStart else {
      throw reader.fault("\(label) has impossible data_offsets", at: start)
    }
    guard offsets[1] - offsets[0] == size else {
      throw reader.fault(
        "\(label) of shape \(shape) and dtype \(element.rawValue) needs \(size) bytes,"
          + " its data_offsets span \(offsets[1] - offsets[0])", at: start)
    }
    return Tensor(
      name: name, element: element, shape: shape,
      range: (dataStart + offsets[0])..<(dataStart + offsets[1]))
  }

  private static func readCounts(
    _ reader: inout JSONReader, limit: Int, of label: String
  ) throws(JSONFault) -> [Int] {
    var list: [Int] = []
    try reader.readElements { (reader) throws(JSONFault) in
      let value = try reader.readInteger()
      guard value >= 0 else { throw reader.fault("\(label) has a negative number") }
      guard list.count < limit else {
        throw reader.fault("\(label) has more than \(limit) numbers")
      }
      list.append(value)
    }
    return list
  }

  /// Sorts by position and checks that the tensors tile the data; a message when they do not.
  private mutating func arrange(dataStart: Int, fileSize: Int) -> String? {
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = dataStart
    var previous = "the header"
    for tensor in tensors {
      let name = "\"\(JSONReader.shortened(tensor.name))\""
      if tensor.range.lowerBound < end { return "The tensors \(previous) and \(name) overlap." }
      if tensor.range.lowerBound > end {
        return "There are \(tensor.range.lowerBound - end) bytes of no tensor"
          + " between \(previous) and \(name)."
      }
      if tensor.range.upperBound > fileSize {
        return "The file is truncated: \(name) ends at byte \(tensor.range.upperBound),"
          + " the file has \(fileSize)."
      }
      end = tensor.range.upperBound
      previous = name
    }
    return end == fileSize
      ? nil : "There are \(fileSize - end) bytes of no tensor after \(previous)."
  }
}
