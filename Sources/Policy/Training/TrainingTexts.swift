import Foundation
import Losses

/// Rows of next-token training, read from a file of texts or of preferences.
public struct TrainingTexts: Sendable {
  public var training: [TokenRow]
  public var heldOut: [TokenRow]
  /// What the rows are.
  public var kind: HeldOutRecord.Kind
  /// What the reader has to say: rows left out and why.
  public var notes: [String]

  /// Reads preference data (`prompt`, `chosen`, `rejected`: the chosen completion is scored after its
  /// prompt) or texts (`text`: every token is scored; other keys are passed over).
  ///
  /// JSON lines or a JSON list. The first row with one of these keys says which of the two the file
  /// holds; rows of the other kind, and rows that cannot be read, are left out and counted. A text
  /// longer than the context becomes several rows.
  ///
  /// - Parameters:
  ///   - heldOut: share of the prompts, or of the texts, by their hash, that is not trained on, 0 … 1.
  ///   - limit: rows of the file to read at most; nil for all.
  /// - Throws: `LossmithError`: `missingFile`, `malformedInput`, for a file without one usable row too.
  public init(
    _ file: URL, tokenizer: any Tokenizer, contextLength: Int, startToken: Int32?, heldOut: Double,
    limit: Int? = nil
  ) throws(LossmithError) {
    kind = try Self.kind(of: file)
    training = []
    self.heldOut = []
    switch kind {
    case .prompts:
      var options = PreferenceOptions(
        contextLength: contextLength, startToken: startToken, endToken: tokenizer.endToken)
      options.limit = limit
      let data = try PreferenceDataset.read(file, tokenizer: tokenizer, options: options)
      let split = data.pairs.split(holdingOut: heldOut)
      training = split.training.map(Self.row)
      self.heldOut = split.heldOut.map(Self.row)
      notes = data.report.notes
    case .texts:
      let (texts, report) = try Self.texts(file, limit: limit)
      for text in texts {
        let rows = Self.rows(text, tokenizer, contextLength, startToken)
        let position = PreferencePair.position(of: PreferencePair.hash(prompt: text))
        if position < heldOut { self.heldOut += rows } else { training += rows }
      }
      notes = report.notes
    }
  }

  private static func texts(
    _ file: URL, limit: Int?
  ) throws(LossmithError) -> ([String], PreferenceReport) {
    var texts: [String] = []
    var report = PreferenceReport()
    try DataRows.read(file) { row in
      if let limit, report.rows >= limit { return false }
      report.rows += 1
      switch row.content {
      case .failure(let fault): report.skip(fault.reason, line: row.line)
      case .success(let value):
        guard let object = value.object else {
          report.skip(.brokenJSON, line: row.line)
          break
        }
        guard let text = object["text"]?.string,
          !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        else {
          report.skip(.missingText, line: row.line)
          break
        }
        report.replacedSurrogates += row.hasReplacedSurrogates ? 1 : 0
        report.kept += 1
        texts.append(ReviewsCorpus.clean(text, .replaced))
      }
      return true
    }
    guard !texts.isEmpty else {
      throw LossmithError(
        .malformedInput,
        "None of the \(report.rows) rows can be used: \(report.notes.joined(separator: "; ")).",
        at: file.path, remedy: remedy)
    }
    return (texts, report)
  }

  private static let remedy =
    "Each row is a JSON object with prompt, chosen and rejected, or with text."

  /// By the first row with a key of either kind.
  private static func kind(of file: URL) throws(LossmithError) -> HeldOutRecord.Kind {
    var found: HeldOutRecord.Kind?
    var rows = 0
    try DataRows.read(file) { row in
      rows += 1
      guard let object = try? row.content.get().object else { return true }
      if object["chosen"] != nil || object["rejected"] != nil {
        found = .prompts
      } else if object["text"] != nil {
        found = .texts
      }
      return found == nil
    }
    if let found { return found }
    throw LossmithError(
      .malformedInput,
      rows == 0
        ? "The file is empty." : "None of the \(rows) rows has chosen and rejected, or text.",
      at: file.path, remedy: remedy)
  }

  private static func row(_ pair: PreferencePair) -> TokenRow {
    pair.promptIds.isEmpty
      ? TokenRow(text: pair.chosenIds)
      : TokenRow(prompt: pair.promptIds, completion: pair.chosenIds)
  }

  private static func rows(
    _ text: String, _ tokenizer: any Tokenizer, _ contextLength: Int, _ startToken: Int32?
  ) -> [TokenRow] {
    let tokens =
      (startToken.map { [$0] } ?? []) + tokenizer.encode(text)
      + (tokenizer.endToken.map { [$0] } ?? [])
    return stride(from: 0, to: tokens.count, by: contextLength).compactMap { start in
      let part = Array(tokens[start..<min(start + contextLength, tokens.count)])
      // One token alone has nothing that could be scored.
      return part.count > 1 ? TokenRow(text: part) : nil
    }
  }
}
