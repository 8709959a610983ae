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
    let shares = (0..<count).map { part in
      seeds.indices.filter { $0 % count == part }.map { seeds[$0] }
    }
    let desk = Desk(parts: count)
    for part in 0..<count {
      // Each evaluator is used by this one thread until its result is there.
      nonisolated(unsafe) let evaluator = parts[part]
      Thread.detachNewThread {
        desk.finish(
          part,
          Result {
            try work(evaluator, shares[part]) { try desk.tell(part, $0) }
          })
      }
    }
    let results = try desk.attend { update, fraction in
      let isTraining = update.stage == .train
      let message = isTraining ? "\(seeds.count) seeds by \(count) workers" : update.message
      try progress(.init(stage: update.stage, message: message, fraction: fraction))
    }
    return try merge(results, seeds: seeds)
  }

  private func merge(
    _ results: [Result<EvaluationRecord, any Error>], seeds: [UInt64]
  ) throws -> EvaluationRecord {
    let errors = results.compactMap { result -> (any Error)? in
      if case .failure(let error) = result { error } else { nil }
    }
    // A fault of ours comes before what is the candidate's: it says nothing about the candidate.
    if let error = errors.first(where: { $0 is LossmithError }) ?? errors.first { throw error }
    let records = try results.map { try $0.get() }
    var whole = records.first { !$0.finding.verdict.isOK } ?? records[0]
    whole.seconds = records.map(\.seconds).max() ?? 0
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

/// Where the threads leave what they have to say, and one thread reads it.
private final class Desk: @unchecked Sendable {
  // Everything below is touched with the lock of `condition` held.
  private let condition = NSCondition()
  private var updates: [(part: Int, progress: EvaluationProgress)] = []
  private var results: [Result<EvaluationRecord, any Error>?]
  private var isCancelled = false

  init(parts: Int) { results = Array(repeating: nil, count: parts) }

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  /// - Throws: `LossmithError` (`interrupted`) once nobody wants the work any more.
  func tell(_ part: Int, _ progress: EvaluationProgress) throws {
    try locked {
      if isCancelled { throw LossmithError(.interrupted, "The evaluation was stopped.") }
      updates.append((part, progress))
      condition.signal()
    }
  }

  func finish(_ part: Int, _ result: Result<EvaluationRecord, any Error>) {
    locked {
      results[part] = result
      condition.signal()
    }
  }

  /// Passes updates on with the share of the whole that is done, until every part has finished.
  ///
  /// - Throws: what `progress` throws, after the parts have heard of it and ended.
  func attend(_ progress: (EvaluationProgress, Double?) throws -> Void) throws
    -> [Result<EvaluationRecord, any Error>]
  {
    var fractions = [Double](repeating: 0, count: results.count)
    var stopped: (any Error)?
    while true {
      let (news, ended) = locked {
        while updates.isEmpty, results.contains(where: { $0 == nil }) { condition.wait() }
        let news = updates
        updates = []
        return (news, results.compactMap { $0 })
      }
      for update in news where stopped == nil {
        if update.progress.stage == .train {
          fractions[update.part] = update.progress.fraction ?? fractions[update.part]
        }
        let mean = fractions.reduce(0, +) / Double(fractions.count)
        do {
          try progress(
            update.progress, update.progress.stage == .train ? mean : update.progress.fraction)
        } catch {
          stopped = error
          locked { isCancelled = true }
        }
      }
      if news.isEmpty, ended.count == fractions.count {
        if let stopped { throw stopped }
        return ended
      }
    }
  }
}
