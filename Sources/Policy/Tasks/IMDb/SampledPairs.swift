import Foundation
import Losses

/// Preferences between two completions of the reference policy, by Bradley and Terry's model.
///
/// For a prompt the reference writes two completions a and b at temperature 1, and a is chosen with
/// probability 1/(1 + exp(−k(s(a) − s(b)))), s being the reward (Bradley and Terry, "Rank analysis of
/// incomplete block designs", 1952). Then a share of the labels is turned round, because with exact
/// labels DPO's loss is the likelihood and nothing can beat it. Losses see labels, never scores.
struct SampledPairs: PairSource {
  /// What the pairs hang on besides policy, prompts and reward.
  struct Settings: Hashable, Sendable {
    var count: Int
    var newTokens: Int
    /// k.
    var sharpness: Double
    /// Share of the labels that are turned round.
    var flipped: Double
  }

  let digest: String
  let hasScores = false
  private let policy: ModelFolder
  private let prompts: [[Int32]]
  private let reward: any CompletionReward
  private let settings: Settings
  private let purpose: String
  private let records: ReferenceRecords

  /// - Parameters:
  ///   - prompts: from which a seed draws; start tokens included; not empty.
  ///   - purpose: of the random numbers, such as `imdb.pairs`.
  ///   - cache: where pairs are kept; nil keeps them in memory.
  init(
    policy: ModelFolder, prompts: [[Int32]], reward: any CompletionReward, settings: Settings,
    purpose: String, cache: URL?
  ) {
    self.policy = policy
    self.prompts = prompts
    self.reward = reward
    self.settings = settings
    self.purpose = purpose
    records = ReferenceRecords(folder: cache)
    var digest = ContentDigest("sampled pairs/1 \(purpose)")
    digest.add(policy.parameters)
    digest.add("\(policy.configuration) \(policy.endToken ?? -1)")
    for prompt in prompts { digest.add(prompt) }
    digest.add(reward.digest)
    digest.add("\(settings)")
    self.digest = digest.hexadecimal
  }

  func pairs(seed: UInt64) throws -> [PreferencePair] {
    // A pair as numbers: its prompt, and both completions filled up with −1.
    let width = settings.newTokens
    let stride = 1 + 2 * width
    let values = try records.values(
      "pairs", [digest, "\(seed)"], count: stride * settings.count
    ) {
      var numbers: [Double] = []
      for drawn in try draw(seed: seed) {
        numbers.append(Double(drawn.prompt))
        for tokens in [drawn.chosen, drawn.rejected] {
          numbers += tokens.map { Double($0) }
          numbers += Array(repeating: -1, count: width - tokens.count)
        }
      }
      return numbers
    }
    return (0..<settings.count).map { index in
      let row = values[(index * stride)..<((index + 1) * stride)]
      let prompt = prompts[Int(row.first!)]
      func tokens(_ part: ArraySlice<Double>) -> [Int32] {
        part.prefix { $0 >= 0 }.map { Int32($0) }
      }
      return PreferencePair(
        promptIds: prompt, chosenIds: tokens(row.dropFirst().prefix(width)),
        rejectedIds: tokens(row.dropFirst(1 + width)),
        promptHash: PreferencePair.hash(prompt: "\(prompt)"))
    }
  }

  private struct Drawn {
    var prompt: Int
    var chosen: [Int32]
    var rejected: [Int32]
  }

  /// Rounds of drawing, because two equal completions make no pair.
  private static let rounds = 20

  private func draw(seed: UInt64) throws -> [Drawn] {
    let sampler = TransformerSampler(TransformerRunner(policy.configuration))
    let options = SamplingOptions(maximumTokens: settings.newTokens, endToken: policy.endToken)
    var choice = RandomStream(seed: seed, purpose: "\(purpose).prompts")
    var labels = RandomStream(seed: seed, purpose: "\(purpose).labels")
    // Every prompt once before any comes again.
    var order: [Int] = []
    var drawn: [Drawn] = []
    var number: UInt64 = 0
    for _ in 0..<Self.rounds where drawn.count < settings.count {
      let wanted = settings.count - drawn.count
      while order.count < wanted { order += choice.permutation(prompts.count) }
      let indices = Array(order.prefix(wanted))
      order.removeFirst(wanted)
      // Numbers of their own, so that training never samples with the noise of the evaluation.
      let requests = indices.flatMap { index in
        (0..<2).map { _ -> SamplingPrompt in
          number += 1
          return SamplingPrompt(tokens: prompts[index], index: Self.firstNumber + number)
        }
      }
      let texts = try sampler.sample(
        policy.parameters, prompts: requests, options: options, seed: seed
      )
      .map(\.tokens)
      let scores = try reward.scores(prompts: requests.map(\.tokens), completions: texts)
      for (position, index) in indices.enumerated() {
        let (a, b) = (2 * position, 2 * position + 1)
        let probability = 1 / (1 + exp(-settings.sharpness * (scores[a] - scores[b])))
        let isFirst = labels.bernoulli(probability) != labels.bernoulli(settings.flipped)
        if texts[a] == texts[b] { continue }
        drawn.append(
          Drawn(
            prompt: index, chosen: texts[isFirst ? a : b], rejected: texts[isFirst ? b : a]))
      }
    }
    guard drawn.count == settings.count else {
      throw LossmithError(
        .malformedInput,
        "The reference policy writes the same completion again and again:"
          + " \(drawn.count) of \(settings.count) pairs differ.",
        remedy: "Use a policy that has not collapsed, or more new tokens.")
    }
    return drawn
  }

  private static let firstNumber: UInt64 = 1 << 32
}
