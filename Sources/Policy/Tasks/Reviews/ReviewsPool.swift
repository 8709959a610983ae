import Foundation
import Losses

/// Completions that the reference wrote once, of which every seed draws pairs.
struct ReviewsPool: PairSource {
  let digest: String
  /// η is the score: a loss that saw it could undo the labels that are turned round.
  let hasScores = false
  private let configuration: ReviewsConfiguration
  private let prompts: [[Int32]]
  /// For each prompt its completions and their scores.
  private let completions: [[[Int32]]]
  private let scores: [[Double]]

  /// - Parameter purpose: of the random numbers; training and held-out prompts have different ones.
  init(
    _ configuration: ReviewsConfiguration, policy: ModelFolder, prompts: [[Int32]],
    purpose: String, records: ReferenceRecords, context: TaskContext
  ) throws {
    self.configuration = configuration
    self.prompts = prompts
    let each = configuration.poolCompletions
    let length = configuration.newTokens
    var key = ContentDigest("reviews pool/1 \(purpose)")
    key.add(policy.parameters)
    for prompt in prompts { key.add(prompt) }
    key.add("\(each) \(length) \(configuration.fittingSeed)")
    // Completions as a table of numbers, filled up with −1.
    let table = try records.values(
      "pool", [key.hexadecimal], count: prompts.count * each * length
    ) {
      var stream = RandomStream(seed: configuration.fittingSeed, purpose: purpose)
      let noise = stream.next()
      let sampler = TransformerSampler(
        TransformerRunner(policy.configuration, threads: ReviewsReference.threads))
      var table: [Double] = []
      for start in stride(from: 0, to: prompts.count, by: 256) {
        let part = start..<min(start + 256, prompts.count)
        let drawn = try sampler.sample(
          policy.parameters,
          prompts: part.flatMap { prompt in
            (0..<each).map {
              SamplingPrompt(tokens: prompts[prompt], index: UInt64(prompt * each + $0))
            }
          }, options: SamplingOptions(maximumTokens: length, endToken: policy.endToken),
          seed: noise)
        for completion in drawn {
          table += completion.tokens.map(Double.init)
          table += Array(repeating: -1, count: length - completion.tokens.count)
        }
        context.progress(
          TaskProgress(
            stage: "sampling from the reviews reference",
            fraction: Double(part.upperBound) / Double(prompts.count)))
      }
      return table
    }
    let score = ReviewsScore()
    completions = prompts.indices.map { prompt in
      (0..<each).map { number in
        let start = (prompt * each + number) * length
        return table[start..<(start + length)].prefix { $0 >= 0 }.map { Int32($0) }
      }
    }
    scores = zip(prompts, completions).map { prompt, completions in
      completions.map { score.score(prompt: prompt, completion: $0) }
    }
    var digest = ContentDigest("reviews pairs/1")
    digest.add(key.hexadecimal)
    digest.add(score.digest)
    digest.add(table)
    digest.add(
      [Double(configuration.pairs), configuration.labelSharpness, configuration.flipped])
    self.digest = digest.hexadecimal
  }

  /// Pairs of a seed: prompts in random order, again from the start when they run out; two of the
  /// prompt's completions; Bradley-Terry on the score, then a share of the labels turned round.
  func pairs(seed: UInt64) -> [PreferencePair] {
    var draws = RandomStream(seed: seed, purpose: "reviews.pairs")
    var labels = RandomStream(seed: seed, purpose: "reviews.labels")
    var order: [Int] = []
    return (0..<configuration.pairs).map { _ in
      if order.isEmpty { order = draws.permutation(prompts.count) }
      let prompt = order.removeLast()
      let first = draws.below(configuration.poolCompletions)
      let other = draws.below(configuration.poolCompletions - 1)
      let second = other < first ? other : other + 1
      let advantage =
        configuration.labelSharpness * (scores[prompt][first] - scores[prompt][second])
      let prefersFirst = labels.bernoulli(1 / (1 + exp(-advantage)))
      let isTurned = labels.bernoulli(configuration.flipped)
      return pair(prompt, prefersFirst != isTurned ? (first, second) : (second, first))
    }
  }

  /// One pair a prompt, its first two completions, the better one chosen; without those that tie.
  var exactPairs: [PreferencePair] {
    prompts.indices.compactMap { prompt in
      let (first, second) = (scores[prompt][0], scores[prompt][1])
      return first == second ? nil : pair(prompt, first > second ? (0, 1) : (1, 0))
    }
  }

  private func pair(_ prompt: Int, _ order: (chosen: Int, rejected: Int)) -> PreferencePair {
    PreferencePair(
      promptIds: prompts[prompt], chosenIds: completions[prompt][order.chosen],
      rejectedIds: completions[prompt][order.rejected],
      promptHash: ReviewsPrompts.hash(prompts[prompt]))
  }
}
