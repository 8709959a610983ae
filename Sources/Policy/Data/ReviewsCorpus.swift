import Foundation
import Losses

/// A text with a class.
public struct LabelledText: Hashable, Sendable {
  public var text: String
  /// From 0; of film reviews, 0 is negative and 1 positive.
  public var label: Int

  public init(text: String, label: Int) {
    self.text = text
    self.label = label
  }
}

/// Labelled texts, one JSON object a line: `{"text": "…", "label": 0}`; other keys are passed over.
public enum ReviewsCorpus {
  /// What becomes of `<br />`, which film reviews from the web are full of.
  public enum LineBreaks: Sendable {
    case kept
    /// A line feed for each.
    case replaced
  }

  /// Reads a file, plain or gzip.
  ///
  /// Unlike preference data, labelled texts come from one hand, so that a bad line is an error.
  ///
  /// - Parameters:
  ///   - lineBreaks: what becomes of `<br />`.
  ///   - limit: reads so many lines at most.
  /// - Throws: `LossmithError` (`missing-file`, or `malformed-input` with the line's number: no
  ///   JSON object, no `text`, a `label` that is not a whole number from 0, no line at all).
  public static func read(
    _ url: URL, lineBreaks: LineBreaks = .replaced, limit: Int = .max
  ) throws(LossmithError) -> [LabelledText] {
    let reader = try LineReader(path: url.path)
    var texts: [LabelledText] = []
    while texts.count < limit, let line = try reader.next() {
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      func malformed(_ message: String) -> LossmithError {
        LossmithError(
          .malformedInput, message, at: "\(url.path):\(line.number)",
          remedy: "Each line is a JSON object: {\"text\": \"…\", \"label\": 0}.")
      }
      if line.isTooLong { throw malformed("The line is longer than 16 MiB.") }
      let tree: JSONValue
      do throws(JSONFault) {
        tree = try JSONReader.parse(line.bytes, loneSurrogates: .replace)
      } catch {
        throw malformed("The line is not JSON: \(error).")
      }
      guard let text = tree.object?["text"]?.string else { throw malformed("There is no text.") }
      guard let label = tree.object?["label"]?.integer, label >= 0 else {
        throw malformed("There is no label that is a whole number from 0.")
      }
      texts.append(LabelledText(text: clean(text, lineBreaks), label: label))
    }
    guard !texts.isEmpty else {
      throw LossmithError(
        .malformedInput, "The file has no labelled text.", at: url.path,
        remedy: "Each line is a JSON object: {\"text\": \"…\", \"label\": 0}.")
    }
    return texts
  }

  static func clean(_ text: String, _ lineBreaks: LineBreaks) -> String {
    switch lineBreaks {
    case .kept: text
    case .replaced:
      String(
        decoding: ByteText.replacing(Array("<br />".utf8), by: [0x0A], in: Array(text.utf8)),
        as: UTF8.self)
    }
  }
}
