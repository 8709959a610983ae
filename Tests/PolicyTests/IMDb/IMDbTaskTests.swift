import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Film reviews, real ones")
struct IMDbTaskTests {
  /// A reward that likes one token.
  struct Liking: CompletionReward {
    var token: Int32
    var digest: String { "liking \(token)" }
    func scores(prompts: [[Int32]], completions: [[Int32]]) -> [Double] {
      completions.map { tokens in
        Double(tokens.count { $0 == token }) / Double(max(tokens.count, 1))
      }
    }
  }

  /// The policy of film reviews; nil where the shared files are not.
  static func policy() throws -> ModelFolder? {
    try TestFiles.shared.map { try ModelFolder.load($0.appending(path: "models/imdb-gpt")) }
  }

  static func pairs(
    _ policy: ModelFolder, flipped: Double, sharpness: Double = 1e6, cache: URL? = nil
  ) -> SampledPairs {
    SampledPairs(
      policy: policy, prompts: [[0, 40, 51], [0, 72]], reward: Liking(token: 14),
      settings: .init(count: 12, newTokens: 8, sharpness: sharpness, flipped: flipped),
      purpose: "test.pairs", cache: cache)
  }

  @Test("sharp labels choose the better completion, flipped ones the worse, and seeds differ")
  func labels() throws {
    guard let policy = try Self.policy() else { return }
    func gain(_ pair: PreferencePair) -> Double {
      let scores = Liking(token: 14).scores(
        prompts: [], completions: [pair.chosenIds, pair.rejectedIds])
      return scores[0] - scores[1]
    }
    let right = try Self.pairs(policy, flipped: 0).pairs(seed: 1)
    #expect(right.count == 12)
    #expect(right.allSatisfy { gain($0) >= 0 })
    let wrong = try Self.pairs(policy, flipped: 1).pairs(seed: 1)
    #expect(wrong.allSatisfy { gain($0) <= 0 })
    #expect(right.contains { gain($0) > 0 })
    #expect(right.allSatisfy { $0.chosenIds != $0.rejectedIds && $0.chosenScore == nil })
    #expect(try Self.pairs(policy, flipped: 0).pairs(seed: 1) == right)
    #expect(try Self.pairs(policy, flipped: 0).pairs(seed: 2) != right)
  }

  @Test("kept pairs are those that were drawn")
  func cache() throws {
    guard let policy = try Self.policy() else { return }
    try TestFiles.withFolder { folder in
      let first = try Self.pairs(policy, flipped: 0.2, cache: folder).pairs(seed: 4)
      #expect(try Self.pairs(policy, flipped: 0.2, cache: folder).pairs(seed: 4) == first)
      let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(kept.count == 1, "\(kept)")
    }
  }

  @Test("prompts that leave no room, and more prompts than reviews, are refused")
  func refusals() throws {
    guard let shared = TestFiles.shared else { return }
    try TestFiles.withFolder { folder in
      let reviews = folder.appending(path: "reviews.jsonl")
      try SentimentCacheTests.write(SentimentClassifierTests.corpus(40, seed: 1), to: reviews)
      var task = TaskDescription.imdb(shared: shared)
      task.values["data.reviews"] = .text(reviews.path)
      task.values["data.held_out_reviews"] = .text(reviews.path)
      task.values["data.prompt_tokens"] = .integer(2)
      task.values["evaluation.prompts"] = .integer(5)
      task.values["recipe.batch"] = .integer(4)
      let definition = try task.languageDefinition(context: TaskContext())
      #expect(definition.prompts.count == 5)
      #expect(definition.prompts.allSatisfy { $0.count == 3 && $0[0] == 0 })
      for (key, value) in [
        ("evaluation.new_tokens", 126), ("evaluation.prompts", 1000), ("recipe.batch", 2001),
        ("data.prompt_tokens", 60),
      ] {
        var bad = task
        bad.values[key] = .integer(value)
        let error = #expect(throws: LossmithError.self, "\(key)") {
          try bad.languageDefinition(context: TaskContext())
        }
        #expect(error?.code == .malformedInput)
      }
    }
  }
}
