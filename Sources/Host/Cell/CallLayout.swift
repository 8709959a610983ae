import CKernelCall
import Foundation
import Losses

/// Where the columns and the outputs of one call lie, for a cell's regions and for inline buffers alike.
///
/// Every array begins on a boundary of 64 bytes. After each output lies a red zone of 64 bytes that
/// the kernel has no business with; a change there is a write past the end of the array.
struct CallLayout {
  static let alignment = 64

  enum Parameter {
    case number(UInt32)
    case tunable(Int)
    case input(LossColumn, offset: Int, count: Int)
    /// The value for nil, else the gradient of the column.
    case output(LossColumn?, offset: Int, count: Int)
  }

  let rows: Int
  let classes: Int
  let groupSize: Int
  let parameters: [Parameter]
  /// Bytes of all columns.
  let inputBytes: Int
  /// Bytes of all outputs with their red zones.
  let outputBytes: Int

  init(_ descriptor: LossDescriptor, _ batch: LossBatch) {
    rows = batch.rows
    classes = batch.classes
    groupSize = batch.groupSize
    var input = 0
    var output = 0
    func padded(_ bytes: Int) -> Int {
      (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    parameters = descriptor.arguments.map { argument in
      switch argument {
      case .rows: return .number(UInt32(batch.rows))
      case .classes: return .number(UInt32(batch.classes))
      case .groupSize: return .number(UInt32(batch.groupSize))
      case .tunable(let index): return .tunable(index)
      case .input(let column):
        let count = batch.elements(of: column)
        defer { input += padded(count * 8) }
        return .input(column, offset: input, count: count)
      case .value, .gradient:
        var column: LossColumn?
        if case .gradient(let of) = argument { column = of }
        let count = column.map { batch.elements(of: $0) } ?? batch.rows
        defer { output += padded(count * 8) + Self.alignment }
        return .output(column, offset: output, count: count)
      }
    }
    inputBytes = input
    outputBytes = output
  }

  func fits(_ batch: LossBatch) -> Bool {
    rows == batch.rows && classes == batch.classes && groupSize == batch.groupSize
  }

  /// A quiet NaN that carries the number of the request, so that what an earlier call left can
  /// never pass for the answer to this one.
  static func pattern(_ sequence: UInt32) -> UInt64 { 0x7FFA_0000_0000_0000 | UInt64(sequence) }

  /// Writes the columns of a batch and fills every output with the pattern.
  func fill(
    _ batch: LossBatch, input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer,
    pattern: UInt64
  ) {
    for case .input(let column, let offset, let count) in parameters {
      let place = input + offset
      guard let values = batch.columns[column] else { continue }
      values.withUnsafeBufferPointer { values in
        if column == .labels {
          let labels = place.assumingMemoryBound(to: Int32.self)
          for index in 0..<count { labels[index] = Int32(exactly: values[index]) ?? -1 }
        } else if let base = values.baseAddress {
          memcpy(place, base, count * 8)
        }
      }
    }
    let words = output.assumingMemoryBound(to: UInt64.self)
    words.update(repeating: pattern, count: outputBytes / 8)
  }

  /// The output region's bytes, copied once; everything after works on the copy.
  func copy(_ output: UnsafeRawPointer) -> [UInt64] {
    [UInt64](unsafeUninitializedCapacity: outputBytes / 8) { buffer, count in
      if let base = buffer.baseAddress { memcpy(base, output, outputBytes) }
      count = outputBytes / 8
    }
  }

  /// Reads a copy.
  ///
  /// - Throws: ``LossFailure``: `failed(bounds)` when a red zone was written to.
  func read(_ words: [UInt64], pattern: UInt64) throws(LossFailure) -> RawOutput {
    var raw = RawOutput(output: LossOutput(values: [], gradients: [:]), unwritten: [])
    for case .output(let column, let offset, let count) in parameters {
      let start = offset / 8
      let name = column.map { "d_\($0.name)" } ?? "loss"
      var values = [Double](repeating: 0, count: count)
      for index in 0..<count {
        let word = words[start + index]
        values[index] = Double(bitPattern: word)
        if word == pattern { raw.unwritten.append("\(name)[\(index)]") }
      }
      let paddedCount = (count * 8 + Self.alignment - 1) / Self.alignment * Self.alignment / 8
      let zone = (start + count)..<(start + paddedCount + Self.alignment / 8)
      guard zone.allSatisfy({ words[$0] == pattern }) else {
        throw LossFailure(
          .failed(check: "bounds"),
          "the kernel wrote past the end of \(name), which has \(count) elements",
          remedy: "Write as many elements as the array has: one a row, or one an input element.")
      }
      if let column { raw.output.gradients[column] = values } else { raw.output.values = values }
    }
    return raw
  }
}

extension LossDescriptor {
  /// - Throws: `LossmithError(.missingColumn)` naming every column that the batch lacks, or
  ///   `.usage` when the batch is of another family.
  public func requireColumns(of batch: LossBatch) throws(LossmithError) {
    guard batch.family == family else {
      throw LossmithError(
        .usage, "\(name) is a \(family.name) loss and the batch is \(batch.family.name)")
    }
    let missing = inputs.filter { batch.columns[$0] == nil }.map(\.name)
    guard missing.isEmpty else {
      throw LossmithError(
        .missingColumn,
        "\(name) needs the column\(missing.count > 1 ? "s" : "") \(missing.joined(separator: ", "))",
        remedy: "Add what is missing to the batch, or use a loss that does without.")
    }
  }
}
