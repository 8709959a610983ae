import Foundation
import Losses

extension TransformerBench {
  /// What an epoch of DPO over pairs took, in seconds.
  public struct Epoch: Hashable, Sendable, Codable {
    public var threads: Int
    public var core: String
    public var pairs: Int
    /// Log-probabilities of all completions under the reference.
    public var referenceSeconds: Double
    /// The steps: forward, loss, backward, clipping, AdamW.
    public var trainingSeconds: Double
    public var pairsPerSecond: Double
  }

  /// One epoch over random pairs of fixed lengths, the reference's log-probabilities included.
  ///
  /// - Parameters:
  ///   - sharingPrompts: whether a pair's two completions share the prompt's computation.
  ///   - progress: told before every batch of both parts.
  /// - Throws: `LossmithError` (`malformed-input`) when prompt and completion exceed the context.
  public static func epoch(
    _ reference: TransformerParameters, pairs: Int, promptTokens: Int, completionTokens: Int,
    batch: Int, sharingPrompts: Bool = true, threads: Int? = nil,
    progress: (_ stage: String, _ fraction: Double) -> Void = { _, _ in }
  ) throws -> Epoch {
    let configuration = reference.configuration
    let runner = TransformerRunner(configuration, threads: threads)
    var stream = RandomStream(seed: 1, purpose: "bench.pairs")
    func tokens(_ count: Int) -> [Int32] {
      (0..<count).map { _ in Int32(stream.below(configuration.vocabularySize)) }
    }
    let rows = (0..<pairs).map { _ in
      let prompt = tokens(promptTokens)
      return (0..<2).map { _ in TokenRow(prompt: prompt, completion: tokens(completionTokens)) }
    }
    let batches = try stride(from: 0, to: pairs, by: batch).map { start in
      let members = rows[start..<min(start + batch, pairs)]
      return try PackedBatch(
        members.map { $0[0] } + members.map { $0[1] }, for: configuration,
        sharingPrompts: sharingPrompts)
    }
    var known: [[Double]] = []
    let first = seconds {
      known = batches.enumerated().map { place, batch in
        progress("reference", Double(place) / Double(batches.count))
        return runner.logProbabilities(reference, batch)
      }
    }
    let trainer = TransformerTrainer(
      reference,
      schedule: LearningRateSchedule(
        peak: 1e-5, steps: batches.count, warmUpSteps: batches.count / 10), runner: runner)
    let second = try seconds {
      for (place, (batch, reference)) in zip(batches, known).enumerated() {
        progress("training", Double(place) / Double(batches.count))
        try trainer.step(batch) { dpoGradients($0, reference: reference, beta: 0.1) }
      }
    }
    return Epoch(
      threads: runner.threads, core: BLASEnvironment.current().core, pairs: pairs,
      referenceSeconds: first, trainingSeconds: second,
      pairsPerSecond: Double(pairs) / (first + second))
  }
}
