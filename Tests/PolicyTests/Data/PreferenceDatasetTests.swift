import Foundation
import Losses
import Testing

@testable import Policy

/// One id a scalar, so that ids can be read.
struct LetterTokenizer: Tokenizer {
  func encode(_ text: String) -> [Int32] { text.unicodeScalars.map { Int32($0.value) } }
  func decode(_ ids: [Int32]) -> String {
    var view = String.UnicodeScalarView()
    for id in ids { view.append(UnicodeScalar(UInt32(id)) ?? "?") }
    return String(view)
  }
  var vocabularySize: Int { 0x110000 }
  var endToken: Int32? { 3 }
  var padToken: Int32? { 3 }
}

@Suite("Preference data")
struct PreferenceDatasetTests {
  static func read(
    _ text: String, _ change: (inout PreferenceOptions) -> Void = { _ in }
  ) throws -> PreferenceDataset {
    try read(Array(text.utf8), change)
  }

  static func read(
    _ bytes: [UInt8], _ change: (inout PreferenceOptions) -> Void = { _ in }
  ) throws -> PreferenceDataset {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "pairs.jsonl")
      try Data(bytes).write(to: url)
      var options = PreferenceOptions(contextLength: 1000, endToken: 3)
      change(&options)
      return try PreferenceDataset.read(url, tokenizer: LetterTokenizer(), options: options)
    }
  }

  static let long = String(repeating: "p", count: 1000)
  static let good = "{\"prompt\":\"p\",\"chosen\":\"yes\",\"rejected\":\"no\"}"

  /// Prompt, chosen and rejected as texts, the end token as "$".
  static func texts(_ pair: PreferencePair) -> [String] {
    [pair.promptIds, pair.chosenIds, pair.rejectedIds].map {
      LetterTokenizer().decode($0).replacing("\u{3}", with: "$")
    }
  }

  static func single(
    _ row: String, _ change: (inout PreferenceOptions) -> Void = { _ in }
  ) throws -> [String] {
    let pairs = try read(row, change).pairs
    #expect(pairs.count == 1)
    return texts(pairs[0])
  }

  @Test("explicit rows: prompt and completions apart, the end token once")
  func explicit() throws {
    #expect(try Self.single(Self.good) == ["p", "yes$", "no$"])
    #expect(
      try Self.single("{\"prompt\":\"p\",\"chosen\":\"yes\\u0003\",\"rejected\":\"no\"}")
        == ["p", "yes$", "no$"])
    #expect(try Self.single(Self.good) { $0.startToken = 1 } == ["\u{1}p", "yes$", "no$"])
    #expect(try Self.single(Self.good) { $0.endToken = nil } == ["p", "yes", "no"])
  }

  @Test("implicit prompts end where TRL ends them")
  func implicit() throws {
    func split(_ chosen: String, _ rejected: String, words: Bool = false) throws -> [String] {
      try Self.single("{\"chosen\":\"\(chosen)\",\"rejected\":\"\(rejected)\"}") {
        $0.implicitPrompt = words ? .words : .characters
      }
    }
    #expect(
      try split("The sky is blue.", "The sky is green.") == ["The sky is", " blue.$", " green.$"])
    // A word may be cut; back to white space if asked to.
    #expect(try split("A: To be", "A: The") == ["A: T", "o be$", "he$"])
    #expect(try split("A: To be", "A: The", words: true) == ["A:", " To be$", " The$"])
    #expect(try split("go to bed", "go too far", words: true) == ["go", " to bed$", " too far$"])
    // One begins with the other: the last scalar of the shorter is left for the completions.
    #expect(try split("abc", "abcd") == ["ab", "c$", "cd$"])
    // By scalars: a combining mark that differs does not take its letter along.
    #expect(try split("xe\u{301}", "xe\u{300}") == ["xe", "\u{301}$", "\u{300}$"])
  }

  @Test("conversations become transcripts that ask the assistant")
  func conversational() throws {
    let user = "{\"role\":\"user\",\"content\":\"Hi\"}"
    func assistant(_ text: String) -> String { "{\"role\":\"assistant\",\"content\":\"\(text)\"}" }
    let expected = ["\n\nHuman: Hi\n\nAssistant:", " A$", " B$"]
    #expect(
      try Self.single(
        "{\"prompt\":[\(user)],\"chosen\":[\(assistant("A"))],\"rejected\":[\(assistant("B"))]}")
        == expected)
    let whole = "\"chosen\":[\(user),\(assistant("A"))],\"rejected\":[\(user),\(assistant("B"))]"
    #expect(try Self.single("{\(whole)}") == expected)
    #expect(try Self.single("{\"prompt\":\"Hi\",\(whole)}") == expected)
    let system = "{\"role\":\"system\",\"content\":\"S\"}"
    #expect(
      try Self.single(
        "{\"prompt\":[\(system)],\"chosen\":[\(user)],\"rejected\":[\(assistant("B"))]}")
        == ["\n\nSystem: S", "\n\nHuman: Hi$", "\n\nAssistant: B$"])
  }

  @Test("instructions get Alpaca's template, scores come along")
  func instructions() throws {
    let row =
      "[{\"instruction\":\"Add.\",\"input\":\"1+1\","
      + "\"chosen\":\"2\",\"rejected\":\"3\",\"score_chosen\":9,"
      + "\"score_rejected\":1.5}]"
    let pair = try #require(try Self.read(row).pairs.first)
    #expect(
      Self.texts(pair)[0]
        == "Below is an instruction that describes a task. Write a response that"
        + " appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1+1\n\n### Response:\n"
    )
    #expect(pair.chosenScore == 9)
    #expect(pair.rejectedScore == 1.5)
  }

  @Test(
    "a bad row is left out, counted and named",
    arguments: [
      ("{\"prompt\":\"p\",\"rejected\":\"no\"}", PreferenceReport.Reason.missingChosen),
      ("{\"prompt\":\"p\",\"chosen\":null,\"rejected\":\"no\"}", .missingChosen),
      ("{\"prompt\":\"p\",\"chosen\":\"yes\"}", .missingRejected),
      ("{\"prompt\":\"p\",\"chosen\":\"\",\"rejected\":\"no\"}", .emptyCompletion),
      ("{\"prompt\":\"p\",\"chosen\":\"yes\",\"rejected\":\" \\n\"}", .emptyCompletion),
      ("{\"prompt\":\"p\",\"chosen\":\"yes\",\"rejected\":\"yes\"}", .equalCompletions),
      ("{\"prompt\":\"\",\"chosen\":\"yes\",\"rejected\":\"no\"}", .noPrompt),
      ("{\"chosen\":\"yes\",\"rejected\":\"no\"}", .noPrompt),
      ("{\"prompt\":[],\"chosen\":\"yes\",\"rejected\":\"no\"}", .mixedForms),
      ("{\"prompt\":1,\"chosen\":\"yes\",\"rejected\":\"no\"}", .badPrompt),
      (
        "{\"prompt\":{},\"chosen\":[{\"role\":\"assistant\",\"content\":\"a\"}],"
          + "\"rejected\":[{\"role\":\"assistant\",\"content\":\"b\"}]}",
        .badPrompt
      ),
      ("{\"prompt\":\"p\",\"chosen\":[],\"rejected\":\"no\"}", .mixedForms),
      ("{\"prompt\":\"p\",\"chosen\":7,\"rejected\":8}", .badForm),
      ("{\"chosen\":[{\"role\":\"user\"}],\"rejected\":[]}", .badMessage),
      ("{\"prompt\":\"p\",\"chosen\":\"yes\",\"rejected\":\"no\"", .brokenJSON),
      ("not JSON", .brokenJSON), ("[]", .brokenJSON), ("7", .brokenJSON),
      (
        "{\"prompt\":\"\(long.dropFirst())\",\"chosen\":\"y\",\"rejected\":\"n\"}",
        nil
      ),
      (
        "{\"prompt\":\"\(long)\",\"chosen\":\"y\",\"rejected\":\"n\"}",
        .promptTooLong
      ),
    ])
  func badRows(row: String, reason: PreferenceReport.Reason?) throws {
    let dataset = try Self.read("\(Self.good)\n\(row)\n\n\(Self.good)\n")
    #expect(dataset.report.rows == 3)
    guard let reason else {
      #expect(dataset.report.kept == 3)
      #expect(dataset.report.cutCompletions == 2)
      return
    }
    #expect(dataset.pairs.count == 2)
    #expect(dataset.report.kept == 2)
    #expect(dataset.report.skips == [.init(reason: reason, count: 1, lines: [2])])
    #expect(dataset.report.notes == ["left out 1 row \(reason.rawValue) (line 2)"])
  }

  @Test("invalid UTF-8 leaves out its row only; half a surrogate pair becomes U+FFFD")
  func unicode() throws {
    let bytes = Array(Self.good.utf8)
    let broken =
      Array("{\"prompt\":\"".utf8) + [0xFF] + Array("\",\"chosen\":\"a\",\"rejected\":\"b\"}".utf8)
    let dataset = try Self.read(bytes + [0x0A] + broken + [0x0A] + bytes)
    #expect(dataset.pairs.count == 2)
    #expect(dataset.report.skips.first?.reason == .invalidUTF8)
    #expect(
      try Self.single("{\"prompt\":\"\\ud800\",\"chosen\":\"a\",\"rejected\":\"b\"}")[0]
        == "\u{FFFD}")
  }

  @Test("a file without a usable row is an error that says why, exit 2")
  func allFiltered() throws {
    let error = #expect(throws: LossmithError.self) {
      try Self.read("{\"prompt\":\"p\"}\n{\"prompt\":\"p\"}\n{}\nnonsense\n{}\n")
    }
    #expect(error?.code.exitCode == .usage)
    #expect(
      error?.message
        == "None of the 5 rows can be used: left out 4 rows without \"chosen\" (lines 1, 2, 3 …);"
        + " left out 1 row not a JSON object (line 4).")
    for empty in ["", "\n\n", "[]", " [ ] "] {
      #expect(throws: LossmithError.self) { try Self.read(empty) }
    }
    #expect(throws: LossmithError.self) { try Self.read("[{\"prompt\":") }
  }

  @Test("long prompts are left out or cut at their start, completions at their end")
  func lengths() throws {
    let row = "{\"prompt\":\"abcdef\",\"chosen\":\"uvwxyz\",\"rejected\":\"no\"}"
    #expect(throws: LossmithError.self) { try Self.read(row) { $0.maximumPromptTokens = 5 } }
    func cut(_ options: inout PreferenceOptions) {
      options.maximumPromptTokens = 4
      options.longPrompts = .cut
      options.startToken = 1
      options.maximumCompletionTokens = 4
    }
    let dataset = try Self.read(row, cut)
    #expect(Self.texts(dataset.pairs[0]) == ["\u{1}def", "uvwx", "no$"])
    #expect(dataset.report.cutPrompts == 1)
    #expect(dataset.report.cutCompletions == 1)
    let tight = try Self.read(row) { $0.contextLength = 8 }
    #expect(Self.texts(tight.pairs[0]) == ["abcdef", "uv", "no"])
    #expect(tight.report.cutCompletions == 2)
  }

  @Test("a split keeps equal prompts together, holds out its share and does not depend on order")
  func splits() throws {
    let pairs = (0..<2000).map { index in
      PreferencePair(
        promptIds: [1], chosenIds: [2], rejectedIds: [3],
        promptHash: PreferencePair.hash(prompt: "prompt \(index % 500)"))
    }
    let (training, heldOut) = pairs.split(holdingOut: 0.2)
    #expect(training.count + heldOut.count == 2000)
    let hashes = (Set(training.map(\.promptHash)), Set(heldOut.map(\.promptHash)))
    #expect(hashes.0.isDisjoint(with: hashes.1))
    #expect((60...140).contains(hashes.1.count))
    #expect(Set(pairs.reversed().split(holdingOut: 0.2).heldOut) == Set(heldOut))
    #expect(pairs.split(holdingOut: 0).heldOut.isEmpty)
    #expect(pairs.split(holdingOut: 1).training.isEmpty)
  }

  @Test(
    "real data sets are read",
    arguments: [
      ("hh_rlhf/harmless-base.test.jsonl.gz", 2312, 0),
      ("hh_rlhf/helpful-rejection-sampled.test.jsonl.gz", 2749, 32),
      ("discopop_tldr/tldr_judged_pairs.jsonl.gz", 17_340, 0),
      ("llms_from_scratch_pref/instruction-data-with-preference.json", 1100, 6),
    ])
  func real(name: String, rows: Int, equal: Int) throws {
    guard let shared = TestFiles.shared else { return }
    var options = PreferenceOptions(contextLength: 1 << 20, endToken: 3)
    options.implicitPrompt = .words
    let dataset = try PreferenceDataset.read(
      shared.appending(path: "data/\(name)"), tokenizer: LetterTokenizer(), options: options)
    #expect(dataset.report.rows == rows)
    let skipped = dataset.report.skips.reduce(0) { $0 + $1.count }
    #expect(dataset.pairs.count == rows - skipped)
    #expect(skipped - equal <= 4, "\(dataset.report.notes)")
    #expect(dataset.report.skips.first { $0.reason == .equalCompletions }?.count ?? 0 == equal)
  }
}
