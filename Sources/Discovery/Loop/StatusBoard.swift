import Foundation
import Losses

/// Keeps a run's `status.json` up to date while the run works.
///
/// Losing it costs nothing, so a file that cannot be written is no error. Any thread may write to the
/// board; a thread of its own puts it on the disk a few times a second.
public final class StatusBoard: @unchecked Sendable {
  private let file: URL
  // Everything below is touched with the lock of `condition` held.
  private let condition = NSCondition()
  private var status: RunStatus
  private var isDirty = true
  private var isFinished = false
  private var isGone = false

  /// Begins to keep the file.
  public init(run: URL) {
    file = run.appending(path: RunStatus.fileName)
    status = RunStatus(time: Date(), stage: "start", message: "", workers: [])
    Thread.detachNewThread { [self] in keep() }
  }

  /// Takes what a run tells.
  public func note(_ progress: RunProgress) {
    change { status in
      status.stage = progress.stage.rawValue
      status.generation = progress.generation
      status.attempt = progress.attempt
      status.candidate = progress.candidate
      status.name = progress.name
      status.message = progress.message
      status.fraction = progress.fraction
    }
  }

  /// Takes what a worker does; nil when it has nothing to do.
  public func set(_ worker: RunStatus.Worker?, number: Int) {
    change { status in
      status.workers.removeAll { $0.number == number }
      if let worker { status.workers.append(worker) }
      status.workers.sort { $0.number < $1.number }
    }
  }

  /// Removes the file and waits until it is gone.
  public func finish() {
    condition.lock()
    defer { condition.unlock() }
    isFinished = true
    condition.broadcast()
    while !isGone { condition.wait() }
  }

  private func change(_ body: (inout RunStatus) -> Void) {
    condition.lock()
    defer { condition.unlock() }
    body(&status)
    isDirty = true
  }

  private func keep() {
    var lastWrite = Date.distantPast
    condition.lock()
    while !isFinished {
      if isDirty || Date().timeIntervalSince(lastWrite) > 2 {
        isDirty = false
        lastWrite = Date()
        status.time = lastWrite
        let status = status
        condition.unlock()
        // Through a neighbour and a rename: a reader sees the old or the new, never half.
        if let data = try? RunJSON.encode(status) { try? data.write(to: file, options: .atomic) }
        condition.lock()
      }
      if !isFinished { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.25)) }
    }
    condition.unlock()
    try? FileManager.default.removeItem(at: file)
    condition.lock()
    isGone = true
    condition.broadcast()
    condition.unlock()
  }
}

/// An evaluator that tells a board what it does.
public final class ObservedEvaluator: CandidateEvaluator {
  private let base: any CandidateEvaluator
  private let number: Int
  private let board: StatusBoard

  /// - Parameter number: of the worker, from 1.
  public init(_ base: any CandidateEvaluator, number: Int, board: StatusBoard) {
    self.base = base
    self.number = number
    self.board = board
  }

  public var environment: [String: String] { base.environment }

  public func build(
    _ proposal: Proposal, name: String, progress: (String) throws -> Void
  ) throws -> BuildResult {
    defer { board.set(nil, number: number) }
    return try base.build(proposal, name: name) { message in
      tell("build", name, message, nil)
      try progress(message)
    }
  }

  public func evaluate(
    library: URL, name: String, seeds: [UInt64],
    progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    defer { board.set(nil, number: number) }
    return try base.evaluate(library: library, name: name, seeds: seeds) { update in
      tell(update.stage.rawValue, name, update.message, update.fraction)
      try progress(update)
    }
  }

  public func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    defer { board.set(nil, number: number) }
    return try base.evaluate(baseline: name, seeds: seeds) { update in
      tell(update.stage.rawValue, name, update.message, update.fraction)
      try progress(update)
    }
  }

  public func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    defer { board.set(nil, number: number) }
    return try base.evaluate(request) { update in
      tell(update.stage.rawValue, request.name, update.message, update.fraction)
      try progress(update)
    }
  }

  public func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    defer { board.set(nil, number: number) }
    tell("fingerprint", losses.last?.name ?? "", "taking fingerprints", nil)
    return try base.probe(losses)
  }

  public var catalogueNames: [String] { base.catalogueNames }

  public func slopes(library: URL, name: String) throws -> String {
    try base.slopes(library: library, name: name)
  }

  public func slopes(baseline name: String) throws -> String {
    try base.slopes(baseline: name)
  }

  public func text(ofBaseline name: String) throws -> BaselineText {
    try base.text(ofBaseline: name)
  }

  private func tell(_ stage: String, _ name: String, _ message: String, _ fraction: Double?) {
    board.set(
      .init(number: number, stage: stage, name: name, message: message, fraction: fraction),
      number: number)
  }
}
