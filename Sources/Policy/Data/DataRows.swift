import Foundation
import Losses

/// The rows of a data file, JSON lines or one JSON list, plain or gzip.
struct DataRows {
  /// A row, or why it is none.
  struct Row {
    /// From 1; of a JSON list, its elements.
    var line: Int
    var content: Result<JSONValue, Unreadable>
    /// Half a surrogate pair stood alone in it and became U+FFFD.
    var hasReplacedSurrogates = false
  }

  /// Larger JSON lists are refused; JSON lines have no such limit.
  static let largestList = 256 << 20

  /// Reads a file until the body gives false; blank lines are passed over.
  ///
  /// - Throws: `LossmithError`: `missing-file`; `malformed-input` when the file cannot be read to its
  ///   end or is a broken JSON list. A bad line is not an error.
  static func read(_ url: URL, _ body: (Row) -> Bool) throws(LossmithError) {
    if try startsAList(url.path) { return try readList(url, body) }
    let reader = try LineReader(path: url.path)
    while let line = try reader.next() {
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      guard body(row(line)) else { return }
    }
  }

  private static func row(_ line: LineReader.Line) -> Row {
    func unusable(_ reason: PreferenceReport.Reason) -> Row {
      Row(line: line.number, content: .failure(Unreadable(reason: reason)))
    }
    if line.isTooLong { return unusable(.tooLong) }
    guard String(validating: line.bytes, as: UTF8.self) != nil else {
      return unusable(.invalidUTF8)
    }
    if let value = try? JSONReader.parse(line.bytes) {
      return Row(line: line.number, content: .success(value))
    }
    guard let value = try? JSONReader.parse(line.bytes, loneSurrogates: .replace) else {
      return unusable(.brokenJSON)
    }
    return Row(line: line.number, content: .success(value), hasReplacedSurrogates: true)
  }

  /// Whether the first visible byte is that of a JSON list.
  private static func startsAList(_ path: String) throws(LossmithError) -> Bool {
    let source = try DataFile.open(path)
    while true {
      let bytes = try source.read()
      guard !bytes.isEmpty else { return false }
      if let first = bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) {
        return first == UInt8(ascii: "[")
      }
    }
  }

  private static func readList(_ url: URL, _ body: (Row) -> Bool) throws(LossmithError) {
    var bytes = try DataFile.open(url.path).readAll(limit: largestList, path: url.path)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    var tree = try? JSONReader.parse(bytes)
    let isReplaced = tree == nil
    if isReplaced {
      do throws(JSONFault) {
        tree = try JSONReader.parse(bytes, loneSurrogates: .replace)
      } catch {
        throw LossmithError(
          .malformedInput, "This is neither a JSON list nor JSON lines: \(error).", at: url.path)
      }
    }
    for (index, value) in (tree?.array ?? []).enumerated() {
      let row = Row(
        line: index + 1, content: .success(value),
        hasReplacedSurrogates: isReplaced && holdsReplacement(value))
      guard body(row) else { return }
    }
  }

  /// Whether a text of a row has U+FFFD, which a half surrogate pair became.
  private static func holdsReplacement(_ row: JSONValue) -> Bool {
    "\(row)".unicodeScalars.contains("\u{FFFD}")
  }

  /// Why a line is no JSON value.
  struct Unreadable: Error {
    var reason: PreferenceReport.Reason
  }
}
