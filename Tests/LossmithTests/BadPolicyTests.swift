import Foundation
import Losses
import Policy
import Testing

/// Policies and preference rows that cannot be used, by the program: a clear error and exit code 2,
/// or a row that is left out, counted and told.
@Suite struct BadPolicyTests {
  /// A policy of a few hundred parameters in a folder `policy`.
  static func policy(_ folder: TemporaryFolder) throws -> URL {
    let tokenizer = try WordTokenizer.make(words: ["the", "film", "was", "good", "bad", "."])
    let configuration = TransformerConfiguration(
      vocabularySize: tokenizer.vocabularySize, contextLength: 16, width: 8, layers: 1, heads: 2)
    let url = folder.url.appendingPathComponent("policy")
    try ModelFolder(
      parameters: .initial(configuration, seed: 0), tokenizer: tokenizer,
      startToken: tokenizer.endToken
    ).save(to: url)
    return url
  }

  /// Changes the header of a safetensors file and puts its new length in front.
  static func editHeader(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
    let data = try Data(contentsOf: file)
    let length = Int(data.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.1) << (8 * $1.0) })
    var header =
      try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: Any] ?? [:]
    change(&header)
    let text = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
    var whole = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    whole += text
    whole += data[(8 + length)...]
    try whole.write(to: file)
  }

  static func editTensor(
    _ file: URL, _ name: String, _ change: (inout [String: Any]) -> Void
  ) throws {
    try editHeader(file) { header in
      var tensor = header[name] as? [String: Any] ?? [:]
      change(&tensor)
      header[name] = tensor
    }
  }

  static func editConfig(_ folder: URL, _ key: String, _ value: Any) throws {
    let file = folder.appendingPathComponent("config.json")
    var object =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    object[key] = value
    try JSONSerialization.data(withJSONObject: object).write(to: file)
  }

  /// A way to break a folder, and words of the message.
  typealias Damage = (name: String, words: [String], apply: @Sendable (URL) throws -> Void)

  static let damages: [Damage] = [
    (
      "no safetensors", ["model.safetensors"],
      { try FileManager.default.removeItem(at: $0.appendingPathComponent("model.safetensors")) }
    ),
    (
      "truncated safetensors", ["truncated"],
      { folder in
        let file = folder.appendingPathComponent("model.safetensors")
        try Data(contentsOf: file).dropLast(100).write(to: file)
      }
    ),
    (
      "header of 2^60 bytes", ["1152921504606846976"],
      { folder in
        let file = folder.appendingPathComponent("model.safetensors")
        var data = try Data(contentsOf: file)
        data.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, 0x10])
        try data.write(to: file)
      }
    ),
    (
      "overlapping tensors", ["transformer.wpe.weight"],
      { folder in
        let file = folder.appendingPathComponent("model.safetensors")
        try editTensor(file, "transformer.wpe.weight") { tensor in
          let places = tensor["data_offsets"] as? [Int] ?? [0, 0]
          tensor["data_offsets"] = places.map { $0 - 4 }
        }
      }
    ),
    (
      "unknown dtype", ["F99", "dtype"],
      { folder in
        let file = folder.appendingPathComponent("model.safetensors")
        try editTensor(file, "transformer.wpe.weight") { $0["dtype"] = "F99" }
      }
    ),
    (
      "shape against config", ["shape", "config.json"],
      { try editConfig($0, "n_embd", 16) }
    ),
    (
      "vocabulary against tokenizer", ["vocab_size"],
      { try editConfig($0, "vocab_size", 5) }
    ),
    (
      "tokenizer not UTF-8", ["tokenizer.json"],
      { folder in
        let file = folder.appendingPathComponent("tokenizer.json")
        var data = try Data(contentsOf: file)
        data.insert(0xFF, at: data.count / 2)
        try data.write(to: file)
      }
    ),
  ]

  @Test("a damaged policy is refused with what is wrong")
  func policies() async throws {
    for damage in Self.damages {
      let folder = try TemporaryFolder()
      let policy = try Self.policy(folder)
      try damage.apply(policy)
      let result = try await Program.run(["sample", "--policy", policy.path, "the film"])
      #expect(result.status == 2, "\(damage.name): \(result.errors)")
      #expect(result.output.isEmpty)
      for word in damage.words {
        #expect(result.errors.contains(word), "\(damage.name): \(result.errors)")
      }
    }
  }

  @Test("a whole policy answers, named by a relative path too, and not beyond its context")
  func whole() async throws {
    let folder = try TemporaryFolder()
    _ = try Self.policy(folder)
    let arguments = ["sample", "--policy", "policy", "--new-tokens", "2"]
    let result = try await Program.run(arguments + ["the film"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    let long = Array(repeating: "film", count: 40).joined(separator: " ")
    let refused = try await Program.run(arguments + [long], in: folder.url)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("context is 16"), "\(refused.errors)")
  }

  /// `evaluate` on a preference file of these lines.
  func evaluate(
    _ lines: [Data], _ folder: TemporaryFolder, _ arguments: [String] = ["--json"]
  ) async throws -> Program.Result {
    var data = Data()
    for line in lines {
      data += line
      data += Data("\n".utf8)
    }
    try data.write(to: folder.url.appendingPathComponent("rows.jsonl"))
    let task = try folder.file(
      "task.yaml",
      """
      task: preference
      name: mine
      policy: {model: policy}
      data: {file: rows.jsonl, held_out: 0.5}
      recipe: {steps: 1, batch: 2}
      evaluation: {prompts: 2, new_tokens: 2}
      """)
    return try await Program.run(
      ["evaluate", "dpo", "--task", task, "--seeds", "1"] + arguments)
  }

  static let good = (0..<24).map {
    let end = Array(repeating: "film", count: $0 % 8 + 1).joined(separator: " ")
    return #"{"prompt": "the \#(end)", "chosen": " good .", "rejected": " bad ."}"#
  }
  static let noChosen = #"{"prompt": "the film", "rejected": " bad ."}"#
  static let noCompletion = #"{"prompt": "the film", "chosen": "", "rejected": " bad ."}"#
  static let longPrompt =
    #"{"prompt": "\#(Array(repeating: "film", count: 40).joined(separator: " "))","#
    + #" "chosen": " good .", "rejected": " bad ."}"#

  @Test("rows that cannot be used are left out, counted and told with their lines")
  func skips() async throws {
    let folder = try TemporaryFolder()
    _ = try Self.policy(folder)
    let texts = Self.good + [Self.noChosen, Self.noCompletion, Self.longPrompt]
    let invalid = Data(#"{"prompt": ""#.utf8) + Data([0xFF, 0xFE])
    let result = try await evaluate(texts.map { Data($0.utf8) } + [invalid], folder)
    #expect(result.status == 0, "\(result.errors)")
    for (reason, line) in [
      (#"without "chosen""#, 25), ("with an empty completion", 26), ("leaves no room", 27),
      ("not UTF-8", 28),
    ] {
      let told = result.errors.split(separator: "\n").first { $0.contains(reason) }
      #expect(told?.contains("left out 1 row") == true, "\(reason): \(result.errors)")
      #expect(told?.contains("line \(line)") == true, "\(reason): \(result.errors)")
    }
    // Without a word on standard error they are in the document, and below the table.
    let lines = texts.map { Data($0.utf8) } + [invalid]
    let quiet = try await evaluate(lines, folder, ["--json", "--quiet"])
    let document = try quiet.json()
    #expect(document["task"] as? String == "mine")
    let data = document["data"] as? [String: Any]
    #expect(data?["rows"] as? Int == 28 && data?["kept"] as? Int == 24)
    #expect((data?["skipped"] as? [[String: Any]])?.map { $0["count"] as? Int } == [1, 1, 1, 1])
    let table = try await evaluate(lines, folder, ["--quiet"])
    #expect(table.output.contains(#"Data: left out 1 row without "chosen" (line 25)."#))
    // A policy that was fitted with fewer prompts held out than the task holds out.
    _ = try folder.file("policy/metrics.json", #"{"held_out": {"share": 0.1, "of": "prompts"}}"#)
    let warned = try await evaluate(lines, folder)
    #expect(warned.status == 0)
    #expect(warned.errors.contains("it has seen held-out prompts"), "\(warned.errors)")
  }

  @Test("a file of which no row can be used is refused")
  func allRows() async throws {
    for row in [Self.noChosen, Self.noCompletion, Self.longPrompt] {
      let folder = try TemporaryFolder()
      _ = try Self.policy(folder)
      let result = try await evaluate(Array(repeating: Data(row.utf8), count: 3), folder)
      #expect(result.status == 2)
      #expect(result.errors.contains("None of the 3 rows can be used"), "\(result.errors)")
    }
  }

  @Test("imdb without its files says what is missing and how to give it")
  func imdb() async throws {
    let folder = try TemporaryFolder()
    for (task, environment) in [
      ("imdb:\(folder.url.path)", [:]), ("imdb", ["LOSSMITH_DATA": folder.url.path]),
    ] {
      let result = try await Program.run(
        ["evaluate", "dpo", "--task", task, "--seeds", "1"], environment: environment)
      #expect(result.status == 2)
      for word in [folder.url.path, "models/imdb-gpt/config.json", "LOSSMITH_DATA"] {
        #expect(result.errors.contains(word), "\(result.errors)")
      }
    }
    let near = try await Program.run(["evaluate", "dpo", "--task", "imbd"])
    #expect(near.status == 2)
    #expect(near.errors.contains("Did you mean imdb?"), "\(near.errors)")
  }
}
