import Foundation
import Losses

/// An evaluator whose work a ``WorkerPool`` does: the seeds of a loss are shared among the workers.
///
/// A seed's numbers do not depend on who trains it, so the record is that of a single evaluator but for
/// `seconds`, which are those of all workers together. An instance belongs to one thread.
public final class PooledEvaluator: CandidateEvaluator {
  private let pool: WorkerPool
  /// Does what takes no time worth sharing.
  private let desk: any CandidateEvaluator
  private let isCheap: Bool

  /// - Parameters:
  ///   - desk: an evaluator of the same task that no worker uses.
  ///   - isCheap: whether it trains on the cheap stage, all seeds of a loss in one piece.
  public init(_ pool: WorkerPool, desk: any CandidateEvaluator, isCheap: Bool = false) {
    self.pool = pool
    self.desk = desk
    self.isCheap = isCheap
  }

  public var environment: [String: String] { desk.environment }
  public var catalogueNames: [String] { desk.catalogueNames }

  public func text(ofBaseline name: String) throws -> BaselineText {
    try desk.text(ofBaseline: name)
  }

  public func slopes(library: URL, name: String) throws -> String {
    try desk.slopes(library: library, name: name)
  }

  public func slopes(baseline name: String) throws -> String { try desk.slopes(baseline: name) }

  public func build(_ proposal: Proposal, name: String, progress: (String) throws -> Void) throws
    -> BuildResult
  {
    let results = try pool.perform(
      [.build(proposal, name: name)], progress: { update, _ in try progress(update.message) })
    guard case .built(let result) = try results[0]?.get() else { throw Self.mixedUp }
    return result
  }

  public func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    // Many have one process together.
    guard losses.count == 1 else { return try desk.probe(losses) }
    let results = try pool.perform([.probe(losses[0].loss, name: losses[0].name)])
    guard case .probed(let probed) = try results[0]?.get() else { throw Self.mixedUp }
    return [probed]
  }

  public func evaluate(
    library: URL, name: String, seeds: [UInt64],
    progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try evaluate(.init(.library(library), name: name, seeds: seeds), progress: progress)
  }

  public func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try evaluate(.init(.baseline, name: name, seeds: seeds), progress: progress)
  }

  public func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    let items = Self.items(request, isCheap: isCheap)
    let results = try pool.perform(
      items, isEnough: Self.hasFailed,
      progress: { update, fraction in
        let isTraining = update.stage == .train
        let message =
          isTraining && items.count > 1 ? "\(request.seeds.count) seeds" : update.message
        try progress(
          .init(
            stage: update.stage, message: message,
            fraction: isTraining ? fraction : update.fraction))
      })
    return try Self.merge(results, seeds: request.seeds)
  }

  /// The pieces of a request: one a seed on the task.
  static func items(_ request: EvaluationRequest, isCheap: Bool = false) -> [WorkItem] {
    isCheap ? [.screen(request)] : request.seeds.map { .train(request.with(seeds: [$0])) }
  }

  private static var mixedUp: LossmithError {
    LossmithError(.hostFault, "A worker answered what nobody asked.")
  }

  /// Whether a seed failed after others that did not, so that the verdict is known.
  private static func hasFailed(_ results: [Result<WorkResult, any Error>?]) -> Bool {
    for result in results {
      guard case .measured(let record)? = try? result?.get() else { return false }
      if !record.finding.verdict.isOK { return true }
    }
    return false
  }

  /// The first failure in the order of seeds is that of the record, as if one had trained them all.
  private static func merge(
    _ results: [Result<WorkResult, any Error>?], seeds: [UInt64]
  ) throws -> EvaluationRecord {
    var errors: [any Error] = []
    var records: [EvaluationRecord] = []
    for case let result? in results {
      switch result {
      case .success(.measured(let record)): records.append(record)
      case .success: throw mixedUp
      case .failure(let error): errors.append(error)
      }
      // One that trains all seeds in a row ends here.
      if records.last?.finding.verdict.isOK == false { break }
    }
    // A fault of ours comes before what is the candidate's: it says nothing about the candidate.
    if let error = errors.first(where: { $0 is LossmithError }) ?? errors.first { throw error }
    guard var whole = records.first(where: { !$0.finding.verdict.isOK }) ?? records.first else {
      throw mixedUp
    }
    whole.seconds = records.reduce(0) { $0 + $1.seconds }
    guard whole.finding.verdict.isOK else {
      whole.seeds = []
      return whole
    }
    if let other = records.first(where: { $0.referenceHash != whole.referenceHash }) {
      throw LossmithError(
        .hostFault,
        "Two workers have different reference policies: \(whole.referenceHash) and"
          + " \(other.referenceHash).")
    }
    let outcomes = Dictionary(
      records.flatMap(\.seeds).map { ($0.seed, $0) }, uniquingKeysWith: { first, _ in first })
    whole.seeds = seeds.compactMap { outcomes[$0] }
    return whole
  }
}
