import Foundation
import Host
import Losses

/// Does the trainings of a sweep that are still to be done, several at once.
///
/// A training's numbers depend on loss, β and seed alone, so neither the number of workers nor a stop
/// on the way changes what a sweep gives.
public struct SweepRun {
  /// A loss, built and described.
  public struct Loss: Sendable {
    public var plugin: PluginSpec
    /// The β that it allows; nil for a loss without a tunable of that name.
    public var range: ClosedRange<Double>?
    /// The names of all its tunables.
    public var tunables: Set<String>

    public init(plugin: PluginSpec, descriptor: DescriptorDocument) {
      self.plugin = plugin
      tunables = Set(descriptor.tunables.map(\.name))
      range = descriptor.tunables.first { $0.name == "beta" }.map { $0.minimum...$0.maximum }
    }
  }

  /// What is told while it goes on.
  public struct Progress: Sendable {
    public var done: Int
    public var total: Int
    /// The training that just ended; nil at the start.
    public var entry: SweepEntry?
  }

  private let file: SweepFile
  private let losses: [String: Loss]

  /// - Parameter losses: by their names in the plan; a loss that is missing is left out.
  public init(_ file: SweepFile, losses: [String: Loss]) {
    self.file = file
    self.losses = losses
  }

  /// The trainings of the plan.
  public var units: [SweepPlan.Unit] {
    let plan = file.header.plan
    return plan.units { losses[$0]?.range }.filter { losses[$0.loss] != nil }
  }

  /// Whether every training of the plan is recorded.
  public var isDone: Bool {
    let known = Set(file.entries.map(\.unit))
    return units.allSatisfy { known.contains($0) }
  }

  /// Trains what is not recorded yet.
  ///
  /// - Parameters:
  ///   - workbenches: one a worker.
  ///   - observe: called on this thread.
  /// - Throws: `LossmithError`: `interrupted` and `storage` with all that ended before them recorded;
  ///   faults of ours. A loss that fails is an entry with its verdict.
  public func run(
    workbenches: [Workbench], observe: (Progress) throws -> Void
  ) throws {
    precondition(!workbenches.isEmpty, "nobody to train with")
    let known = Set(file.entries.map(\.unit))
    let all = units
    let open = all.filter { !known.contains($0) }
    let desk = SweepDesk(open)
    try observe(Progress(done: all.count - open.count, total: all.count, entry: nil))
    let plan = file.header.plan
    let losses = losses
    for workbench in workbenches {
      // Each workbench is this one thread's until the desk is closed.
      nonisolated(unsafe) let workbench = workbench
      Thread.detachNewThread {
        while let unit = desk.next() {
          desk.finish(
            Result { try Self.train(unit, losses[unit.loss]!, plan, workbench) { desk.isClosed } })
        }
        desk.leave()
      }
    }
    var done = all.count - open.count
    var failure: (any Error)?
    while let result = desk.take(workers: workbenches.count) {
      do {
        let entry = try result.get()
        guard failure == nil || (failure as? LossmithError)?.code != .storage else { continue }
        try file.append(entry)
        done += 1
        try observe(Progress(done: done, total: all.count, entry: entry))
      } catch {
        failure = failure ?? error
        desk.close()
      }
    }
    if let failure { throw failure }
  }

  private static func train(
    _ unit: SweepPlan.Unit, _ loss: Loss, _ plan: SweepPlan, _ workbench: Workbench,
    isClosed: () -> Bool
  ) throws -> SweepEntry {
    var tunables = plan.tunables.filter { loss.tunables.contains($0.key) }
    tunables["beta"] = unit.beta
    let reply = try workbench.evaluate(
      loss.plugin, task: plan.task, tunables: tunables, seeds: [unit.seed],
      unchecked: plan.unchecked ?? false
    ) { _ in
      if isClosed() { throw LossmithError(.interrupted, "The sweep was stopped.") }
    }
    let record = reply.record
    if case .hostFault(let cause) = record.finding.verdict {
      throw LossmithError(.hostFault, "\(unit.loss): \(cause): \(record.finding.message)")
    }
    return SweepEntry(
      unit: unit, finding: record.finding, metrics: record.seeds.first?.metrics ?? [:],
      reference: reply.reference.first?.metrics ?? [:], referenceHash: record.referenceHash,
      seconds: record.seconds)
  }
}

/// Where workers fetch what is to be done, and leave what came of it.
private final class SweepDesk: @unchecked Sendable {
  // Everything below is touched with the lock of `condition` held.
  private let condition = NSCondition()
  private var waiting: ArraySlice<SweepPlan.Unit>
  private var results: [Result<SweepEntry, any Error>] = []
  private var gone = 0
  private var closed = false

  init(_ units: [SweepPlan.Unit]) { waiting = units[...] }

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  var isClosed: Bool { locked { closed } }

  func close() { locked { closed = true } }

  func next() -> SweepPlan.Unit? { locked { closed ? nil : waiting.popFirst() } }

  func finish(_ result: Result<SweepEntry, any Error>) {
    locked {
      results.append(result)
      condition.signal()
    }
  }

  func leave() {
    locked {
      gone += 1
      condition.signal()
    }
  }

  /// The next result; nil once all workers have left and nothing lies here.
  func take(workers: Int) -> Result<SweepEntry, any Error>? {
    locked {
      while results.isEmpty, gone < workers { condition.wait() }
      return results.isEmpty ? nil : results.removeFirst()
    }
  }
}
