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
    try DataRows.read(url) { row in
      guard !builder.isFull else { return false }
      builder.add(row)
      return true
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

  mutating func add(_ row: DataRows.Row) {
    let object: JSONObject
    switch row.content {
    case .failure(let fault): return skip(fault.reason, line: row.line)
    case .success(let value):
      guard let content = value.object else { return skip(.brokenJSON, line: row.line) }
      object = content
    }
    do throws(PreferenceRow.Unusable) {
      let pair = try self.pair(
        try PreferenceRow(implicitPrompt: options.implicitPrompt).read(object))
      report.rows += 1
      report.kept += 1
      report.replacedSurrogates += row.hasReplacedSurrogates ? 1 : 0
      pairs.append(pair)
    } catch {
      skip(error.reason, line: row.line)
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
