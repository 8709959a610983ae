import Foundation
import Losses

/// Shares the seeds of an evaluation among several evaluators, each on a thread of its own.
///
/// A seed's numbers do not depend on who trains it, so the record is that of a single evaluator but for
/// `seconds`, which is wall time, and for which of several failures is told: that of the first
/// evaluator. An instance belongs to one thread.
public final class ParallelEvaluator: CandidateEvaluator {
  private let parts: [any CandidateEvaluator]

  /// - Parameter parts: evaluators of the same task that share nothing; the first builds.
  /// - Precondition: at least one.
  public init(_ parts: [any CandidateEvaluator]) {
    precondition(!parts.isEmpty, "nobody to evaluate with")
    self.parts = parts
  }

  public var environment: [String: String] { parts[0].environment }

  public func build(_ proposal: Proposal, name: String, progress: (String) throws -> Void) throws
    -> BuildResult
  {
    try parts[0].build(proposal, name: name, progress: progress)
  }

  public func text(ofBaseline name: String) throws -> BaselineText {
    try parts[0].text(ofBaseline: name)
  }

  public func slopes(library: URL, name: String) throws -> String {
    try parts[0].slopes(library: library, name: name)
  }

  public func slopes(baseline name: String) throws -> String {
    try parts[0].slopes(baseline: name)
  }

  public func evaluate(
    library: URL, name: String, seeds: [UInt64],
    progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try share(seeds, progress) { part, seeds, progress in
      try part.evaluate(library: library, name: name, seeds: seeds, progress: progress)
    }
  }

  public func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try share(seeds, progress) { part, seeds, progress in
      try part.evaluate(baseline: name, seeds: seeds, progress: progress)
    }
  }

  public func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try share(request.seeds, progress) { part, seeds, progress in
      try part.evaluate(request.with(seeds: seeds), progress: progress)
    }
  }

  public func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    try parts[0].probe(losses)
  }

  public var catalogueNames: [String] { parts[0].catalogueNames }

  private typealias Work =
    @Sendable (
      any CandidateEvaluator, [UInt64], (EvaluationProgress) throws -> Void
    ) throws -> EvaluationRecord

  private func share(
    _ seeds: [UInt64], _ progress: (EvaluationProgress) throws -> Void, _ work: @escaping Work
  ) throws -> EvaluationRecord {
    let count = min(parts.count, seeds.count)
    guard count > 1 else { return try work(parts[0], seeds, progress) }
    let shares = SharedWork.shares(of: seeds, among: count)
    let results = try SharedWork.run(
      Array(parts.prefix(count)), told: { $0.stage == .train ? $0.fraction : nil },
      progress: { (update: EvaluationProgress, fraction) in
        let isTraining = update.stage == .train
        let message = isTraining ? "\(seeds.count) seeds by \(count) workers" : update.message
        try progress(
          .init(
            stage: update.stage, message: message,
            fraction: isTraining ? fraction : update.fraction))
      },
      work: { number, part, progress in try work(part, shares[number], progress) })
    return try EvaluationRecord(merging: try SharedWork.outcomes(results), seeds: seeds)
  }
}
