import Losses

/// Draws completions from a transformer, many prompts at once, with a cache of keys and values.
///
/// A token is decided by the seed, the prompt's index, its place in the completion and the logits, whose
/// bits do not depend on what else is in the batch: so neither the other prompts nor the number of threads
/// changes a completion. Logits agree with those of an uncached pass to some 1e-5, not to the bit.
public struct TransformerSampler {
  private let runner: TransformerRunner
  /// Bytes that cached keys and values may take on all threads.
  private let cacheBudget: Int
  /// Sequences that a thread draws at a time, at most.
  private static let slots = 256

  public init(_ runner: TransformerRunner, cacheBudget: Int = 1 << 28) {
    self.runner = runner
    self.cacheBudget = cacheBudget
  }

  /// A completion for each prompt, in their order.
  ///
  /// - Parameter step: the step of the training that the parameters come from, for the failure.
  /// - Throws: `LossmithError` (`usage`, `malformed-input`) for options out of range and for a prompt
  ///   that is empty, longer than the context or outside the vocabulary; `LossFailure`
  ///   (`diverged(step)`) when logits are NaN or infinite. Reaching the end of the context is not an
  ///   error: the completion stops there.
  public func sample(
    _ parameters: TransformerParameters, prompts: [SamplingPrompt], options: SamplingOptions,
    seed: UInt64, step: Int = 0
  ) throws -> [SampledCompletion] {
    try options.validate()
    runner.requireShape(of: parameters)
    try validate(prompts)
    guard !prompts.isEmpty else { return [] }
    let longest = prompts.map(\.tokens.count).max()!
    let positions = min(
      runner.configuration.contextLength, longest + options.maximumTokens)
    let bytes = KeyValueCache.bytes(runner.configuration, positions: positions)
    let slots = min(Self.slots, max(1, cacheBudget / runner.threads / bytes))
    let shared = runner.panels(parameters)
    let lanes = parameters.withUnsafeBuffer { parameters in
      let panels =
        shared ?? PanelWeights(parameters.baseAddress!, layout: runner.layout, on: runner.team)
      let joint =
        JointProducts.pays(for: runner)
        ? JointProducts(team: runner.team, kernels: runner.kernels.pointee) : nil
      let lanes = (0..<runner.threads).map { thread in
        SamplingLane(
          runner, parameters.baseAddress!, panels: panels, joint: joint, thread: thread,
          prompts: prompts[runner.team.part(thread, of: prompts.count)], options: options,
          seed: seed, slots: slots)
      }
      runner.team.run { lanes[$0].run() }
      return lanes
    }
    for (thread, lane) in lanes.enumerated() {
      guard let broken = lane.broken else { continue }
      let index = runner.team.part(thread, of: prompts.count).lowerBound + broken
      throw LossStep.diverged("a logit behind prompt \(index)", value: .nan, step: step)
    }
    return lanes.flatMap(\.completions)
  }

  private func validate(_ prompts: [SamplingPrompt]) throws(LossmithError) {
    let configuration = runner.configuration
    for (index, prompt) in prompts.enumerated() {
      let count = prompt.tokens.count
      if count == 0 {
        throw LossmithError(
          .malformedInput, "The prompt is empty.", at: "prompt \(index)",
          remedy: "Begin it with the end-of-text token.")
      }
      if count > configuration.contextLength {
        throw LossmithError(
          .malformedInput,
          "The prompt has \(count) tokens; the model's context is \(configuration.contextLength).",
          at: "prompt \(index)", remedy: "Shorten the prompt.")
      }
      let limit = Int32(clamping: configuration.vocabularySize)
      if let token = prompt.tokens.first(where: { !(0..<limit).contains($0) }) {
        throw LossmithError(
          .malformedInput, "Token \(token) is outside the vocabulary of \(limit).",
          at: "prompt \(index)", remedy: "Use the tokenizer that belongs to the model.")
      }
    }
  }
}
