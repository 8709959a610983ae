import Losses

/// Measures a policy on held-out prompts and pairs.
struct LanguageEvaluation {
  private let task: LanguageTask
  private let definition: LanguageTaskDefinition
  private let runner: TransformerRunner

  init(_ task: LanguageTask, runner: TransformerRunner) {
    self.task = task
    definition = task.definition
    self.runner = runner
  }

  /// The task's metrics, see docs/tasks.md.
  ///
  /// - Throws: `LossFailure` (`diverged(step)`) when a logit is NaN or infinite; what the reward
  ///   throws.
  func metrics(
    of policy: TransformerParameters, seed: UInt64, step: Int
  ) throws -> [String: Double] {
    var metrics: [String: Double] = [:]
    if !definition.prompts.isEmpty {
      let judged = try Self.sample(
        definition, policy, definition.judgedSampling, seed: seed, step: step, runner: runner)
      metrics["length"] = Self.mean(judged.map { Double($0.count) })
      if let reward = definition.reward {
        let rewards = try reward.scores(prompts: definition.prompts, completions: judged)
        metrics["reward"] = Self.mean(rewards)
        metrics["se_prompts"] = Self.standardError(rewards)
        let others = try Self.referenceJudgement(
          definition, digest: task.reference.hash, seed: seed, records: task.records,
          runner: runner
        ).rewards
        metrics["winrate"] = Self.share(zip(rewards, others).map { $0 - $1 })
        try addUntold(to: &metrics, policy, seed: seed, step: step, reward)
      }
      let plain =
        definition.judgedSampling == definition.plainSampling
        ? judged
        : try Self.sample(
          definition, policy, definition.plainSampling, seed: seed, step: step, runner: runner)
      let (sequence, token) = try divergence(of: policy, on: plain)
      metrics["kl"] = sequence
      metrics["kl_paper"] = token
      if definition.measuresForwardKL { metrics["kl_forward"] = try forwardKL(policy, seed: seed) }
    }
    if !definition.heldOutPairs.isEmpty {
      metrics["accuracy"] = try accuracy(of: policy)
    }
    return metrics
  }

  /// The same on the untold prompts, whose noise is their own.
  private func addUntold(
    to metrics: inout [String: Double], _ policy: TransformerParameters, seed: UInt64, step: Int,
    _ reward: any CompletionReward
  ) throws {
    guard !definition.untoldPrompts.isEmpty else { return }
    var untold = definition
    untold.prompts = definition.untoldPrompts
    let completions = try Self.sample(
      untold, policy, definition.judgedSampling, seed: seed, step: step, runner: runner,
      purpose: Self.untold)
    let rewards = try reward.scores(prompts: untold.prompts, completions: completions)
    let others = try Self.referenceJudgement(
      untold, digest: task.reference.hash, seed: seed, records: task.records, runner: runner,
      purpose: Self.untold
    ).rewards
    metrics["reward_untold"] = Self.mean(rewards)
    metrics["winrate_untold"] = Self.share(zip(rewards, others).map { $0 - $1 })
  }

  private static let untold = "untold"

  /// Puts the reference's part into the records.
  func prepare(seed: UInt64) throws {
    _ = try Self.referenceJudgement(
      definition, digest: task.reference.hash, seed: seed, records: task.records, runner: runner)
    if !definition.heldOutPairs.isEmpty { _ = try accuracy(of: definition.policy.parameters) }
  }

  /// The metrics of the reference with a seed's sampling noise: what an untouched policy has.
  ///
  /// Only the completions must be judged; an untouched policy ties with itself everywhere, and its
  /// log-probabilities are its own to the bit.
  static func referenceMetrics(
    _ definition: LanguageTaskDefinition, digest: String, seed: UInt64, records: ReferenceRecords
  ) throws -> [String: Double] {
    var metrics: [String: Double] = [:]
    if !definition.prompts.isEmpty {
      let judged = try referenceJudgement(
        definition, digest: digest, seed: seed, records: records, runner: nil)
      metrics = ["length": mean(judged.lengths), "kl": 0, "kl_paper": 0]
      if definition.measuresForwardKL { metrics["kl_forward"] = 0 }
      if definition.reward != nil {
        metrics["reward"] = mean(judged.rewards)
        metrics["se_prompts"] = standardError(judged.rewards)
        metrics["winrate"] = 0.5
      }
    }
    if !definition.heldOutPairs.isEmpty { metrics["accuracy"] = 0.5 }
    return metrics
  }

  // MARK: - Parts

  /// KL in nats: of a sequence, policy to reference over its completion; and of a token, reference
  /// to policy over prompt and completion.
  ///
  /// The second one is what DiscoPOP plots (arXiv 2406.08414, figure 4): the mean over sequences of
  /// the mean over those positions whose next token is not the end token. The first counts the
  /// position that predicts the end token, for ending is a choice of the policy.
  private func divergence(
    of policy: TransformerParameters, on completions: [[Int32]]
  ) throws -> (sequence: Double, token: Double) {
    let rows = zip(definition.prompts, completions).map { TokenRow(text: $0 + $1) }
    let batch = try PackedBatch(rows, for: runner.configuration)
    let divergences = runner.divergences(policy, definition.policy.parameters, batch)
    var sequence = 0.0
    var token = 0.0
    for (row, places) in divergences.enumerated() {
      // The place before the completion's first token is the first that counts for it.
      let first = definition.prompts[row].count - 1
      sequence += places.dropFirst(first).reduce(0) { $0 + $1.forward }
      let isEnded = completions[row].last == definition.policy.endToken
      let counted = isEnded ? places.dropLast() : places[...]
      if !counted.isEmpty {
        token += counted.reduce(0) { $0 + $1.reverse } / Double(counted.count)
      }
    }
    return (sequence / Double(rows.count), token / Double(rows.count))
  }

  /// KL(reference ‖ policy) per sequence on the reference's own completions, in nats.
  private func forwardKL(_ policy: TransformerParameters, seed: UInt64) throws -> Double {
    let completions = try Self.sample(
      definition, definition.policy.parameters, definition.plainSampling, seed: seed, step: 0,
      runner: runner)
    let rows = zip(definition.prompts, completions).map { TokenRow(prompt: $0, completion: $1) }
    let batch = try PackedBatch(rows, for: runner.configuration)
    let divergences = runner.divergences(policy, definition.policy.parameters, batch)
    return Self.mean(divergences.map { $0.reduce(0) { $0 + $1.reverse } })
  }

  /// Share of held-out pairs whose margin is above 0, ties ½.
  private func accuracy(of policy: TransformerParameters) throws -> Double {
    let batches = try stride(from: 0, to: definition.heldOutPairs.count, by: 64).map {
      try LanguageTrainingData.Batch(
        Array(definition.heldOutPairs[$0..<min($0 + 64, definition.heldOutPairs.count)]),
        runner.configuration)
    }
    let reference = try task.records.values(
      "held-out", [task.configurationDigest], count: 2 * definition.heldOutPairs.count
    ) {
      batches.flatMap { runner.logProbabilities(definition.policy.parameters, $0.packed) }
    }
    var margins: [Double] = []
    var start = 0
    for batch in batches {
      let end = start + 2 * batch.pairs.count
      margins +=
        batch.columns(
          policy: runner.logProbabilities(policy, batch.packed), reference: reference[start..<end]
        ).margin
      start = end
    }
    return Self.share(margins)
  }

  /// Lengths in tokens and rewards of the reference's completions, one a prompt; no rewards where
  /// nobody judges.
  private static func referenceJudgement(
    _ definition: LanguageTaskDefinition, digest: String, seed: UInt64, records: ReferenceRecords,
    runner: TransformerRunner?, purpose: String = "judged"
  ) throws -> (lengths: [Double], rewards: [Double]) {
    let count = definition.prompts.count
    guard count > 0 else { return ([], []) }
    let values = try records.values(
      purpose, [digest, "\(definition.judgedSampling)", "\(seed)"],
      count: definition.reward == nil ? count : 2 * count
    ) {
      let completions = try sample(
        definition, definition.policy.parameters, definition.judgedSampling, seed: seed, step: 0,
        runner: runner ?? TransformerRunner(definition.policy.configuration), purpose: purpose)
      return completions.map { Double($0.count) }
        + (try definition.reward?.scores(prompts: definition.prompts, completions: completions)
          ?? [])
    }
    return (Array(values.prefix(count)), Array(values.dropFirst(count)))
  }

  /// A completion for each held-out prompt; its noise hangs on the seed and the prompt's number.
  static func sample(
    _ definition: LanguageTaskDefinition, _ policy: TransformerParameters,
    _ options: SamplingOptions, seed: UInt64, step: Int, runner: TransformerRunner,
    purpose: String = "judged"
  ) throws -> [[Int32]] {
    let first: UInt64 = purpose == untold ? 1 << 32 : 0
    return try TransformerSampler(runner).sample(
      policy,
      prompts: definition.prompts.enumerated().map {
        SamplingPrompt(tokens: $0.element, index: first + UInt64($0.offset))
      }, options: options, seed: seed, step: step
    ).map(\.tokens)
  }

  // MARK: - Statistics

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  /// Share of numbers above 0, zeros counting ½.
  static func share(_ differences: [Double]) -> Double {
    mean(differences.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0 })
  }

  /// sd/√n with n − 1; nil for a single value.
  private static func standardError(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
  }
}
