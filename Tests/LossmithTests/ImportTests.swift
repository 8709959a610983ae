import Foundation
import Losses
import Policy
import Testing

/// `import`, and policies of the Llama family in the commands that take one.
@Suite(.serialized) struct ImportTests {
  private func bytes(_ values: [Int32]) -> Data {
    values.reduce(into: Data()) { data, value in
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
  }

  /// A checkpoint of small weights and its tokenizer.
  func files(_ folder: TemporaryFolder) throws -> (model: URL, tokenizer: URL) {
    let letters = ["a", "b", " ", "ab"]
    let names =
      ["<unk>", "\n<s>\n", "\n</s>\n"]
      + (0..<256).map { String(format: "<0x%02X>", $0) } + letters
    // dim 8, hidden_dim 6, 1 layer, 2 heads, 1 key-value head, context 32.
    let (dim, inner, vocabulary, context) = (8, 6, names.count, 32)
    let floats =
      vocabulary * dim + dim + dim * dim + 2 * (dim / 2) * dim + dim * dim + dim + 3 * inner * dim
      + dim + context * dim / 2
    let weights = (0..<floats).map { Float(($0 * 7) % 23 - 11) / 16 }
    let model = folder.url.appendingPathComponent("model.bin")
    try
      (bytes([8, 6, 1, 2, 1, Int32(vocabulary), 32])
      + bytes(weights.map { Int32(bitPattern: $0.bitPattern) })).write(to: model)
    let tokenizer = folder.url.appendingPathComponent("tokenizer.bin")
    let pieces = names.enumerated().reduce(into: bytes([6])) { data, piece in
      let score = Float(-piece.offset)
      data += bytes([Int32(bitPattern: score.bitPattern), Int32(piece.element.utf8.count)])
      data += Data(piece.element.utf8)
    }
    try pieces.write(to: tokenizer)
    return (model, tokenizer)
  }

  @Test("a checkpoint becomes a policy that samples, is fitted and is trained with a loss")
  func policy() async throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try files(folder)
    let out = folder.url.appendingPathComponent("policy").path
    let imported = try await Program.run([
      "import", model.path, "--tokenizer", tokenizer.path, "--out", out, "--json",
    ])
    try #require(imported.status == 0, "\(imported.errors)")
    #expect(try imported.json()["context"] as? Int == 32)
    let sampled = try await Program.run(["sample", "--policy", out, "ab", "--new-tokens", "4"])
    #expect(sampled.status == 0 && sampled.output.contains("ab|"), "\(sampled.errors)")

    let rows = (0..<24).map {
      let prompt = String(repeating: "ab ", count: $0 % 8 + 1) + "a"
      return #"{"prompt": "\#(prompt)", "chosen": " b", "rejected": " ab"}"#
    }
    let data = try folder.file("rows.jsonl", rows.joined(separator: "\n"))
    let fitted = folder.url.appendingPathComponent("fitted").path
    let fit = try await Program.run([
      "sft", "--data", data, "--policy", out, "--out", fitted, "--epochs", "1", "--batch", "8",
    ])
    #expect(fit.status == 0, "\(fit.errors)")
    let task = try folder.file(
      "task.yaml",
      """
      task: preference
      policy: {model: fitted}
      data: {file: rows.jsonl, held_out: 0.5}
      recipe: {steps: 2, batch: 2}
      evaluation: {prompts: 2, new_tokens: 2}
      """)
    let evaluated = try await Program.run(
      ["evaluate", "dpo", "--task", task, "--seeds", "1", "--json"])
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let trained = folder.url.appendingPathComponent("trained")
    let train = try await Program.run(["train", "dpo", "--task", task, "--out", trained.path])
    #expect(train.status == 0, "\(train.errors)")
    let policy = try ModelFolder.load(trained)
    #expect(policy.configuration.family == .llama && policy.configuration.keyValueHeads == 1)
  }

  @Test("a folder with something in it is kept, unless it is a policy and --force is given")
  func existing() async throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try files(folder)
    let full = folder.url.appendingPathComponent("full")
    try FileManager.default.createDirectory(at: full, withIntermediateDirectories: false)
    let (weights, notes) = (
      full.appendingPathComponent("model.safetensors"), full.appendingPathComponent("notes.txt")
    )
    for file in [weights, notes] { try Data("mine".utf8).write(to: file) }
    func imported(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(["import", model.path, "--tokenizer", tokenizer.path] + arguments)
    }
    for flags in [[], ["--force"]] {
      let refused = try await Program.run(
        ["import", model.path, "--tokenizer", tokenizer.path, "--out", full.path] + flags)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("notes.txt"), "\(refused.errors)")
    }
    #expect(try Data(contentsOf: weights) == Data("mine".utf8))
    #expect(try Data(contentsOf: notes) == Data("mine".utf8))
    for place in [model.path, model.path + "/policy", "/proc/policy"] {
      let refused = try await imported("--out", place)
      #expect(refused.status == 2, "\(place): \(refused.errors)")
      #expect(!refused.errors.contains("NSCocoaErrorDomain"), "\(refused.errors)")
    }
    try FileManager.default.removeItem(at: notes)
    let unasked = try await imported("--out", full.path)
    #expect(unasked.status == 2 && unasked.errors.contains("--force"), "\(unasked.errors)")
    #expect(try Data(contentsOf: weights) == Data("mine".utf8))
    #expect(try await imported("--out", full.path, "--force").status == 0)
    #expect(throws: Never.self) { try ModelFolder.load(full) }
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
        == ["full", "model.bin", "tokenizer.bin"])
  }

  @Test("files that are missing, cut short or absurd are refused with code 2, and leave nothing")
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try files(folder)
    let out = folder.url.appendingPathComponent("policy").path
    let short = folder.url.appendingPathComponent("short.bin")
    try Data(contentsOf: model).dropLast(9).write(to: short)
    let absurd = folder.url.appendingPathComponent("absurd.bin")
    try (bytes([1 << 30, -1, 0, 7, 7, 7, 7]) + Data(count: 100)).write(to: absurd)
    let cut = folder.url.appendingPathComponent("cut.bin")
    try Data(contentsOf: tokenizer).dropLast(3).write(to: cut)
    for (arguments, word) in [
      ([short.path, "--tokenizer", tokenizer.path], "asks for"),
      ([absurd.path, "--tokenizer", tokenizer.path], "dim is 1073741824"),
      ([model.path, "--tokenizer", cut.path], "ends at piece"),
      (["/no/such", "--tokenizer", tokenizer.path], "/no/such"),
      ([model.path, "--tokenizer", "/no/such"], "/no/such"),
      ([model.path, "--tokenizer", tokenizer.path, "--max-shard-size", "0"], "--max-shard-size"),
    ] {
      let result = try await Program.run(["import"] + arguments + ["--out", out])
      #expect(result.status == 2, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(word), "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
