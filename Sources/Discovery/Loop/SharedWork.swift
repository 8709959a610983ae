import Foundation
import Losses

/// Work that several parts share, each on a thread of its own, told of on the thread that waits.
enum SharedWork {
  /// Every part's share of the seeds, in turn: part p gets those whose place is p modulo `count`.
  static func shares(of seeds: [UInt64], among count: Int) -> [[UInt64]] {
    (0..<count).map { part in
      seeds.indices.filter { $0 % count == part }.map { seeds[$0] }
    }
  }

  /// Has every part do its work.
  ///
  /// - Parameters:
  ///   - parts: each is used by one thread until its result is there.
  ///   - told: the share of its own work that a part has done, as an update says it.
  ///   - progress: gets updates with the share of the whole that is done, on this thread.
  ///   - work: gets the part's number.
  /// - Returns: the results in the order of the parts.
  /// - Throws: what `progress` throws, after the parts have heard of it and ended.
  static func run<Part, Update: Sendable, Value: Sendable>(
    _ parts: [Part], told: (Update) -> Double?,
    progress: (Update, Double) throws -> Void,
    work: @escaping @Sendable (Int, Part, (Update) throws -> Void) throws -> Value
  ) throws -> [Result<Value, any Error>] {
    let desk = Desk<Update, Value>(parts: parts.count)
    for (number, part) in parts.enumerated() {
      nonisolated(unsafe) let part = part
      Thread.detachNewThread {
        desk.finish(
          number, Result { try work(number, part) { try desk.tell(number, $0) } })
      }
    }
    return try desk.attend(told: told, progress)
  }

  /// The values of all parts.
  ///
  /// - Throws: a fault of ours where there is one, before what is the candidate's: it says nothing about
  ///   the candidate.
  static func outcomes<Value>(_ results: [Result<Value, any Error>]) throws -> [Value] {
    let errors = results.compactMap { result -> (any Error)? in
      if case .failure(let error) = result { error } else { nil }
    }
    if let error = errors.first(where: { $0 is LossmithError }) ?? errors.first { throw error }
    return try results.map { try $0.get() }
  }
}

extension EvaluationRecord {
  /// The record of all seeds from records of shares of them.
  ///
  /// It is that of a single evaluation but for `seconds`, the longest share's, and for which of several
  /// failures is told: the first share's.
  ///
  /// - Parameter records: at least one.
  /// - Throws: `LossmithError` (`host-fault`) for records of different reference policies.
  init(merging records: [EvaluationRecord], seeds: [UInt64]) throws(LossmithError) {
    self = records.first { !$0.finding.verdict.isOK } ?? records[0]
    seconds = records.map(\.seconds).max() ?? 0
    guard finding.verdict.isOK else {
      self.seeds = []
      return
    }
    if let other = records.first(where: { $0.referenceHash != referenceHash }) {
      throw LossmithError(
        .hostFault,
        "Two workers have different reference policies: \(referenceHash) and"
          + " \(other.referenceHash).")
    }
    let outcomes = Dictionary(
      records.flatMap(\.seeds).map { ($0.seed, $0) }, uniquingKeysWith: { first, _ in first })
    self.seeds = seeds.compactMap { outcomes[$0] }
  }
}

/// Where the threads leave what they have to say, and one thread reads it.
private final class Desk<Update: Sendable, Value: Sendable>: @unchecked Sendable {
  // Everything below is touched with the lock of `condition` held.
  private let condition = NSCondition()
  private var updates: [(part: Int, update: Update)] = []
  private var results: [Result<Value, any Error>?]
  private var isCancelled = false

  init(parts: Int) { results = Array(repeating: nil, count: parts) }

  private func locked<Outcome>(_ body: () throws -> Outcome) rethrows -> Outcome {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  /// - Throws: `LossmithError` (`interrupted`) once nobody wants the work any more.
  func tell(_ part: Int, _ update: Update) throws {
    try locked {
      if isCancelled { throw LossmithError(.interrupted, "The evaluation was stopped.") }
      updates.append((part, update))
      condition.signal()
    }
  }

  func finish(_ part: Int, _ result: Result<Value, any Error>) {
    locked {
      results[part] = result
      condition.signal()
    }
  }

  /// Passes updates on until every part has finished.
  func attend(
    told: (Update) -> Double?, _ progress: (Update, Double) throws -> Void
  ) throws -> [Result<Value, any Error>] {
    var fractions = [Double](repeating: 0, count: results.count)
    var stopped: (any Error)?
    while true {
      let (news, ended) = locked {
        while updates.isEmpty, results.contains(where: { $0 == nil }) { condition.wait() }
        let news = updates
        updates = []
        return (news, results.compactMap { $0 })
      }
      for (part, update) in news where stopped == nil {
        fractions[part] = told(update) ?? fractions[part]
        do {
          try progress(update, fractions.reduce(0, +) / Double(fractions.count))
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
