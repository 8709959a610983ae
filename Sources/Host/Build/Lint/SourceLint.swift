import Losses

/// Reads an author's Swift source before the compiler does and says, in words that help, what a
/// loss may not contain.
///
/// The lint exists for readable errors. It is not the security boundary: what a candidate can do
/// is bounded by the compile jail, the gate and the cell.
public enum SourceLint {
  /// Bytes of source that are read; a loss has a few thousand.
  public static let sizeLimit = 256 << 10

  /// One place that the lint refuses.
  public struct Issue: Hashable, Sendable, Codable {
    public var line: Int
    /// In UTF-8 bytes, from 1.
    public var column: Int
    /// A sentence without its full stop.
    public var message: String
    /// A full sentence.
    public var remedy: String
  }

  /// What the lint found in a source.
  public struct Report: Sendable {
    /// In the order of their places.
    public var issues: [Issue]
    public var facts: SourceFacts

    /// `rejected(lint)` naming the first issues; nil when there is none.
    public var finding: Finding? { issues.isEmpty ? nil : SourceLint.finding(of: issues) }
  }

  static func finding(of issues: [Issue]) -> Finding {
    let shown = issues.prefix(5).map { "line \($0.line): \($0.message)." }
    let rest = issues.count > shown.count ? " And \(issues.count - shown.count) more." : ""
    return Finding(
      .rejected(.lint), shown.joined(separator: " ") + rest, remedy: issues.first?.remedy ?? "")
  }

  static func tooLarge(_ bytes: Int, limit: Int) -> Issue {
    Issue(
      line: 1, column: 1, message: "the source has \(bytes) bytes and the limit is \(limit)",
      remedy: "Write the loss as formulas over vectors; it takes a few dozen lines.")
  }

  /// Reads a source; nothing is thrown, and no text is too strange.
  public static func examine(_ source: String) -> Report {
    guard source.utf8.count <= sizeLimit else {
      let issue = tooLarge(source.utf8.count, limit: sizeLimit)
      return Report(issues: [issue], facts: SourceFacts())
    }
    let lexed = SourceLexer.lex(source)
    var issues = lexed.faults.map {
      Issue(
        line: $0.line, column: $0.column, message: $0.message,
        remedy: "Close it, or remove it.")
    }
    for (index, token) in lexed.tokens.enumerated() {
      let before = index > 0 ? lexed.tokens[index - 1] : nil
      guard let (message, remedy) = LintRules.complaint(of: token, after: before) else { continue }
      issues.append(
        Issue(line: token.line, column: token.column, message: message, remedy: remedy))
    }
    let facts = SourceFacts(lexed)
    if !facts.definesLoss {
      issues.append(
        Issue(
          line: 1, column: 1, message: "there is no function loss(_:_:) at the top level",
          remedy: "Write func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { … }."))
    }
    issues.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    return Report(issues: issues, facts: facts)
  }
}
