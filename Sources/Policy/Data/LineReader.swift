import Glibc
import Losses

/// The lines of a text file, plain or gzip, as bytes.
///
/// A line ends with a line feed, with or without a carriage return before it, or with the file. A
/// byte order mark at the start is dropped.
final class LineReader {
  /// One line without its end.
  struct Line {
    /// Counted from 1.
    var number: Int
    var bytes: [UInt8]
    /// The line was longer than the limit; `bytes` is its start only.
    var isTooLong = false
  }

  /// Longer lines are cut and marked.
  static let longestLine = 1 << 24

  private let source: any ByteSource
  private let limit: Int
  private var buffer: [UInt8] = []
  private var position = 0
  private var number = 0
  private var ended = false

  init(path: String, limit: Int = LineReader.longestLine) throws(LossmithError) {
    source = try DataFile.open(path)
    self.limit = limit
  }

  /// The next line; nil after the last.
  ///
  /// - Throws: what reading the file throws.
  func next() throws(LossmithError) -> Line? {
    var line = Line(number: number + 1, bytes: [])
    var sawAny = false
    while true {
      if position == buffer.count {
        guard !ended else { return finish(line, sawAny) }
        buffer = try source.read()
        position = 0
        if buffer.isEmpty { ended = true }
        if number == 0, line.bytes.isEmpty, buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
          position = 3
        }
        continue
      }
      sawAny = true
      let end = lineFeed()
      let piece = buffer[position..<(end ?? buffer.count)]
      let room = limit - line.bytes.count
      line.bytes.append(contentsOf: piece.prefix(room))
      if piece.count > room { line.isTooLong = true }
      position = end.map { $0 + 1 } ?? buffer.count
      if end != nil { return finish(line, true) }
    }
  }

  /// Where the next line feed of the buffer is.
  private func lineFeed() -> Int? {
    buffer.withUnsafeBytes { bytes in
      let start = bytes.baseAddress! + position
      guard let found = memchr(start, 0x0A, bytes.count - position) else { return nil }
      return position + (UnsafeRawPointer(found) - start)
    }
  }

  private func finish(_ line: Line, _ exists: Bool) -> Line? {
    guard exists else { return nil }
    number += 1
    var line = line
    if line.bytes.last == UInt8(ascii: "\r") { line.bytes.removeLast() }
    return line
  }
}
