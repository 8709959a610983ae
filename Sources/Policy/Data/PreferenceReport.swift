/// What became of the rows of a preference data set.
public struct PreferenceReport: Hashable, Sendable, Codable {
  /// Why a row was left out.
  public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
    case invalidUTF8 = "not UTF-8"
    case brokenJSON = "not a JSON object"
    case tooLong = "longer than 16 MiB"
    case missingChosen = "without \"chosen\""
    case missingRejected = "without \"rejected\""
    case mixedForms = "with texts and message lists mixed"
    case badPrompt = "whose \"prompt\" is neither a text nor a message list"
    case badForm = "whose \"chosen\" or \"rejected\" is neither a text nor a message list"
    case missingText = "without \"text\""
    case badMessage = "with a message that lacks role or content"
    case noPrompt = "without a prompt, common beginning or start token"
    case emptyCompletion = "with an empty completion"
    case equalCompletions = "with two equal completions"
    case promptTooLong = "with a prompt that leaves no room for a completion"
  }

  /// How often, and where first.
  public struct Skip: Hashable, Sendable, Codable {
    public var reason: Reason
    public var count: Int
    /// The first few lines, from 1; of a JSON list, its elements.
    public var lines: [Int]
  }

  /// Rows read; blank lines do not count.
  public var rows = 0
  public var kept = 0
  /// In the order in which they first happened.
  public private(set) var skips: [Skip] = []
  /// Prompts of which only the end was kept.
  public var cutPrompts = 0
  /// Completions of which only the start was kept; they have no end token.
  public var cutCompletions = 0
  /// Rows in which half a surrogate pair stood alone and became U+FFFD.
  public var replacedSurrogates = 0
  /// What is dubious about the data as a whole, a sentence each.
  public var warnings: [String] = []

  enum CodingKeys: String, CodingKey {
    case rows, kept, warnings
    case skips = "skipped"
    case cutPrompts = "cut_prompts"
    case cutCompletions = "cut_completions"
    case replacedSurrogates = "replaced_surrogates"
  }

  static let linesNamed = 3

  public init() {}

  mutating func skip(_ reason: Reason, line: Int) {
    if let index = skips.firstIndex(where: { $0.reason == reason }) {
      skips[index].count += 1
      if skips[index].lines.count < Self.linesNamed { skips[index].lines.append(line) }
    } else {
      skips.append(Skip(reason: reason, count: 1, lines: [line]))
    }
  }

  /// One sentence for each kind of skip and cut, and the warnings; empty when every row was kept whole.
  public var notes: [String] {
    var notes = warnings
    notes += skips.map { skip in
      let lines = skip.lines.map(String.init).joined(separator: ", ")
      let more = skip.count > skip.lines.count ? " …" : ""
      let noun = skip.lines.count == 1 ? "line" : "lines"
      return "left out \(Self.rows(skip.count)) \(skip.reason.rawValue) (\(noun) \(lines)\(more))"
    }
    if cutPrompts > 0 { notes.append("kept only the end of \(cutPrompts) prompts") }
    if cutCompletions > 0 { notes.append("kept only the start of \(cutCompletions) completions") }
    if replacedSurrogates > 0 {
      notes.append("replaced halves of surrogate pairs in \(Self.rows(replacedSurrogates))")
    }
    return notes
  }

  private static func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
}
