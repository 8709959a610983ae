import Foundation
import Losses

/// Pairs of completions that somebody compared, from a file.
///
/// JSON lines or one JSON list, plain or gzip; the forms of a row are those of TRL (see
/// docs/tasks.md). A row that cannot be used is left out, counted, and named in the report with its
/// line, for no data set of this kind is clean; a file without any usable row is an error.
public struct PreferenceDataset: Sendable {
  public var pairs: [PreferencePair]
  public var report: PreferenceReport

  /// Larger JSON lists are refused; JSON lines have no such limit.
  static let largestList = 256 << 20

  /// Reads a file and turns its rows into token ids.
  ///
  /// Prompt and completion are encoded apart from each other, so that a completion has the same ids
  /// after every prompt. The end token is put after a completion unless it is there already.
  ///
  /// - Throws: `LossmithError`: `missing-file`; `malformed-input` when the file cannot be read to
  ///   its end, is a broken JSON list, or has no usable row. A bad row is not an error.
  public static func read(
    _ url: URL, tokenizer: any Tokenizer, options: PreferenceOptions
  ) throws(LossmithError) -> PreferenceDataset {
    var builder = PairBuilder(tokenizer: tokenizer, options: options)
    if try startsAList(url.path) {
      try readList(url, into: &builder)
    } else {
      let reader = try LineReader(path: url.path)
      while !builder.isFull, let line = try reader.next() { builder.add(line) }
    }
    let dataset = PreferenceDataset(pairs: builder.pairs, report: builder.report)
    guard !dataset.pairs.isEmpty else {
      let report = builder.report
      let reasons = report.notes.joined(separator: "; ")
      throw LossmithError(
        .malformedInput,
        report.rows == 0
          ? "The file has no row." : "None of the \(report.rows) rows can be used: \(reasons).",
        at: url.path,
        remedy: "A row is a JSON object with prompt, chosen and rejected; check the lengths, too.")
    }
    return dataset
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

  private static func readList(
    _ url: URL, into builder: inout PairBuilder
  ) throws(LossmithError) {
    var bytes = try DataFile.open(url.path).readAll(limit: largestList, path: url.path)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let tree: JSONValue
    do throws(JSONFault) {
      tree = try JSONReader.parse(bytes, loneSurrogates: .replace)
    } catch {
      throw LossmithError(
        .malformedInput, "This is neither a JSON list nor JSON lines: \(error).", at: url.path)
    }
    for (index, row) in (tree.array ?? []).enumerated() where !builder.isFull {
      builder.add(row, line: index + 1)
    }
  }
}

/// Turns rows into pairs and keeps account of those that it cannot use.
struct PairBuilder {
  let tokenizer: any Tokenizer
  let options: PreferenceOptions
  private(set) var pairs: [PreferencePair] = []
  private(set) var report = PreferenceReport()

  init(tokenizer: any Tokenizer, options: PreferenceOptions) {
    self.tokenizer = tokenizer
    self.options = options
  }

  var isFull: Bool { options.limit.map { report.rows >= $0 } ?? false }

  mutating func add(_ line: LineReader.Line) {
    if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
    if line.isTooLong { return skip(.tooLong, line: line.number) }
    guard String(validating: line.bytes, as: UTF8.self) != nil else {
      return skip(.invalidUTF8, line: line.number)
    }
    guard let value = try? JSONReader.parse(line.bytes, loneSurrogates: .replace) else {
      return skip(.brokenJSON, line: line.number)
    }
    add(value, line: line.number)
  }

  mutating func add(_ value: JSONValue, line: Int) {
    guard let object = value.object else { return skip(.brokenJSON, line: line) }
    do throws(PreferenceRow.Unusable) {
      let row = try PreferenceRow(implicitPrompt: options.implicitPrompt).read(object)
      let pair = try self.pair(row)
      report.rows += 1
      report.kept += 1
      pairs.append(pair)
    } catch {
      skip(error.reason, line: line)
    }
  }

  private mutating func skip(_ reason: PreferenceReport.Reason, line: Int) {
    report.rows += 1
    report.skip(reason, line: line)
  }

  private mutating func pair(
    _ row: PreferenceText
  ) throws(PreferenceRow.Unusable) -> PreferencePair {
    typealias Unusable = PreferenceRow.Unusable
    for completion in [row.chosen, row.rejected]
    where completion.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
      throw Unusable(reason: .emptyCompletion)
    }
    let start = options.startToken.map { [$0] } ?? []
    var prompt = tokenizer.encode(row.prompt)
    guard !(start + prompt).isEmpty else { throw Unusable(reason: .noPrompt) }
    let longest = min(options.maximumPromptTokens ?? .max, options.contextLength - 1)
    var isCut = false
    if start.count + prompt.count > longest {
      guard options.longPrompts == .cut, longest > start.count else {
        throw Unusable(reason: .promptTooLong)
      }
      prompt = Array(prompt.suffix(longest - start.count))
      isCut = true
    }
    prompt = start + prompt
    let room = max(
      min(options.maximumCompletionTokens ?? .max, options.contextLength - prompt.count), 0)
    let chosen = completion(row.chosen, after: row.prompt)
    let rejected = completion(row.rejected, after: row.prompt)
    let pair = PreferencePair(
      promptIds: prompt, chosenIds: Array(chosen.prefix(room)),
      rejectedIds: Array(rejected.prefix(room)), chosenScore: row.chosenScore,
      rejectedScore: row.rejectedScore, promptHash: PreferencePair.hash(prompt: row.prompt))
    for ids in [pair.chosenIds, pair.rejectedIds] where ids.allSatisfy({ $0 == options.endToken }) {
      throw Unusable(reason: .emptyCompletion)
    }
    if pair.chosenIds == pair.rejectedIds { throw Unusable(reason: .equalCompletions) }
    report.cutPrompts += isCut ? 1 : 0
    report.cutCompletions += [chosen, rejected].count { $0.count > room }
    return pair
  }

  private func completion(_ text: String, after prompt: String) -> [Int32] {
    let ids = prompt.isEmpty ? tokenizer.encode(text) : tokenizer.encode(continuation: text)
    guard let end = options.endToken, !ids.isEmpty, ids.last != end else { return ids }
    return ids + [end]
  }
}
