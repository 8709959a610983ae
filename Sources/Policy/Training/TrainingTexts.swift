import Foundation
import Losses

/// Rows of next-token training, read from a file of texts or of preferences.
public struct TrainingTexts: Sendable {
  public var training: [TokenRow]
  public var heldOut: [TokenRow]
  /// What the reader has to say: rows passed over and why.
  public var notes: [String]

  /// Reads preference data (`prompt`, `chosen`, `rejected`: the chosen completion is scored after its
  /// prompt) or labelled texts (`text`: every token is scored). The first row decides which it is.
  ///
  /// A text longer than the context becomes several rows.
  ///
  /// - Parameters:
  ///   - heldOut: share of the prompts, or of the texts by their hash, that is not trained on, 0 … 1.
  ///   - limit: rows of the file to read at most; nil for all.
  /// - Throws: `LossmithError`: `missingFile`, `malformedInput`.
  public init(
    _ file: URL, tokenizer: any Tokenizer, contextLength: Int, startToken: Int32?, heldOut: Double,
    limit: Int? = nil
  ) throws(LossmithError) {
    if try Self.holdsPreferences(file) {
      var options = PreferenceOptions(
        contextLength: contextLength, startToken: startToken, endToken: tokenizer.endToken)
      options.limit = limit
      let data = try PreferenceDataset.read(file, tokenizer: tokenizer, options: options)
      let split = data.pairs.split(holdingOut: heldOut)
      training = split.training.map(Self.row)
      self.heldOut = split.heldOut.map(Self.row)
      notes = data.report.notes
      return
    }
    training = []
    self.heldOut = []
    notes = []
    for entry in try ReviewsCorpus.read(file, limit: limit ?? .max) {
      let rows = Self.rows(entry.text, tokenizer, contextLength, startToken)
      let position = PreferencePair.position(of: PreferencePair.hash(prompt: entry.text))
      if position < heldOut { self.heldOut += rows } else { training += rows }
    }
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

  private static func holdsPreferences(_ file: URL) throws(LossmithError) -> Bool {
    let reader = try LineReader(path: file.path)
    while let line = try reader.next() {
      let text = String(decoding: line.bytes, as: UTF8.self)
      if text.allSatisfy(\.isWhitespace) { continue }
      return text.hasPrefix("[") || text.contains("\"chosen\"")
    }
    throw LossmithError(
      .malformedInput, "the file is empty", at: file.path,
      remedy: "Give JSON lines with prompt, chosen and rejected, or with text and label.")
  }
}
