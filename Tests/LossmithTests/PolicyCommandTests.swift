import Foundation
import Losses
import Policy
import Testing

/// `sft` and `sample` on a policy of a few thousand parameters.
@Suite(.serialized) struct PolicyCommandTests {
  /// Preference pairs over a small vocabulary, and a tokenizer for it.
  func files(_ folder: TemporaryFolder) throws -> (data: String, tokenizer: String) {
    let words = ["the", "film", "was", "good", "bad", "long", "."]
    let tokenizer = try WordTokenizer.make(words: words)
    let place = folder.url.appendingPathComponent("tokenizer.json")
    try tokenizer.json.write(to: place)
    let lines = (0..<60).map { row in
      let (better, worse) = row % 2 == 0 ? ("good", "bad") : ("good", "long")
      return
        #"{"prompt": "the film", "chosen": " was \#(better) .", "rejected": " was \#(worse) ."}"#
    }
    return (try folder.file("pairs.jsonl", lines.joined(separator: "\n")), place.path)
  }

  @Test("a policy that was fitted writes a folder that samples what it was taught")
  func fitAndSample() async throws {
    let folder = try TemporaryFolder()
    let (data, tokenizer) = try files(folder)
    let out = folder.url.appendingPathComponent("policy").path
    let fitted = try await Program.run([
      "sft", "--data", data, "--tokenizer", tokenizer, "--out", out, "--width", "16", "--layers",
      "1", "--heads", "2", "--context", "16", "--epochs", "40", "--batch", "10",
      "--learning-rate", "0.02", "--held-out", "0", "--json",
    ])
    try #require(fitted.status == 0, "\(fitted.errors)")
    #expect(try fitted.json()["training_rows"] as? Int == 60)
    let sampled = try await Program.run([
      "sample", "--policy", out, "the film", "--temperature", "0", "--new-tokens", "8", "--json",
    ])
    try #require(sampled.status == 0, "\(sampled.errors)")
    let completion = (try sampled.json()["completions"] as? [[String: Any]])?.first
    #expect((completion?["completion"] as? String)?.contains("was good") == true)
    #expect(completion?["is_ended"] as? Bool == true)
    // A bench refuses what the context of 16 does not hold; the last new token needs no place.
    let bench = ["bench", "sample", "--policy", out, "--prompts", "2", "--prompt-tokens", "12"]
    #expect(try await Program.run(bench + ["--new-tokens", "5"]).status == 0)
    let refused = try await Program.run(bench + ["--new-tokens", "6"])
    #expect(refused.status == 2 && refused.output.isEmpty, "\(refused.errors)")
    #expect(refused.errors.contains("there is room for 5"), "\(refused.errors)")
    // Two equal commands print the same but for the seconds, and the folder tells what was held out.
    #expect(try sampled.json().keys.sorted() == ["completions", "environment", "seconds"])
    let kept = try Data(contentsOf: URL(fileURLWithPath: out + "/metrics.json"))
    let document = try JSONSerialization.jsonObject(with: kept) as? [String: Any]
    let record = document?["held_out"] as? [String: Any]
    #expect(record?["share"] as? Double == 0 && record?["of"] as? String == "prompts")
    // A policy is never written over.
    let again = try await Program.run(["sft", "--data", data, "--policy", out, "--out", out])
    #expect(again.status == 2)
  }

  @Test("texts need no label, and a place that is a file is refused before anything is fitted")
  func texts() async throws {
    let folder = try TemporaryFolder()
    let (_, tokenizer) = try files(folder)
    let rows = (0..<20).map { _ in #"{"text": "the film was good ."}"# }
    let data = try folder.file(
      "texts.jsonl", (rows + [#"{"prompt": "the", "rejected": "bad"}"#]).joined(separator: "\n"))
    let place = try folder.file("taken", "mine")
    let model = ["--width", "16", "--layers", "1", "--heads", "2", "--context", "16"]
    let start = ["sft", "--data", data, "--tokenizer", tokenizer] + model
    let taken = try await Program.run(start + ["--out", place])
    #expect(taken.status == 2)
    #expect(!taken.errors.contains("step 1"), "\(taken.errors)")
    #expect(try String(contentsOfFile: place, encoding: .utf8) == "mine")
    let out = folder.url.appendingPathComponent("policy").path
    let fitted = try await Program.run(start + ["--out", out, "--json"])
    try #require(fitted.status == 0, "\(fitted.errors)")
    #expect(fitted.errors.contains(#"left out 1 row without "text" (line 21)"#), "\(fitted.errors)")
    let notes = try fitted.json()["notes"] as? [String]
    #expect(notes?.count == 1)
    #expect(try await Program.run(start + ["--out", out]).status == 2)
    #expect(try await Program.run(start + ["--out", out, "--force"]).status == 0)
  }

  @Test("files that are missing or broken are refused with code 2")
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let (data, tokenizer) = try files(folder)
    let out = folder.url.appendingPathComponent("policy").path
    let broken = try folder.file("broken.jsonl", "{\"text\": 3}\n")
    for arguments in [
      ["sft", "--data", "/no/such", "--tokenizer", tokenizer, "--out", out],
      ["sft", "--data", broken, "--tokenizer", tokenizer, "--out", out],
      ["sft", "--data", data, "--tokenizer", data, "--out", out],
      ["sft", "--data", data, "--tokenizer", tokenizer, "--out", out, "--heads", "3"],
      ["sft", "--data", data, "--out", out],
      ["sample", "--policy", "/no/such", "the film"],
      ["sample", "--policy", folder.url.path, "the film"],
    ] {
      let result = try await Program.run(arguments)
      #expect(result.status == 2, "\(arguments): \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
