import Foundation
import Losses

/// Workers that do what a run asks for, and in between what it is going to ask for.
///
/// A run announces, in the order in which it will need them, items that it has not come to yet. A worker
/// that nothing is asked of does them, and the result waits. Nothing about a result depends on who did
/// it or when, so a run with announcements has the numbers of one without. A result that was announced
/// and failed for a reason of ours is forgotten: the run comes to it and tries itself.
///
/// One thread, that of the run, calls everything but `init`; each worker has a thread of its own.
public final class WorkerPool: @unchecked Sendable {
  /// Evaluators that one thread uses: of the task and of the cheap stage.
  public struct Worker {
    public var evaluator: any CandidateEvaluator
    public var screener: (any CandidateEvaluator)?

    public init(evaluator: any CandidateEvaluator, screener: (any CandidateEvaluator)? = nil) {
      self.evaluator = evaluator
      self.screener = screener
    }
  }

  /// Called on the run's thread whenever it waits and some item was finished: what it can announce
  /// may have grown.
  public var whileWaiting: () throws -> Void = {}

  private final class Job {
    let item: WorkItem
    var isAsked: Bool
    var isRunning = false
    var isCancelled = false
    var result: Result<WorkResult, any Error>?

    init(_ item: WorkItem, isAsked: Bool) {
      self.item = item
      self.isAsked = isAsked
    }
  }

  private let workers: [Worker]
  // Everything below is touched with the lock of `condition` held.
  private let condition = NSCondition()
  private var jobs: [WorkItem: Job] = [:]
  /// Keys in the order in which they are wanted; asked ones come first.
  private var asked: [WorkItem] = []
  private var announced: [WorkItem] = []
  private var updates: [(key: WorkItem, progress: EvaluationProgress)] = []
  private var finished = 0
  private var threads = 0
  private var isClosed = false

  /// - Precondition: at least one worker; they share nothing.
  public init(_ workers: [Worker]) {
    precondition(!workers.isEmpty, "nobody to work")
    self.workers = workers
  }

  /// Ends all work and waits until the workers have heard of it.
  public func close() {
    locked {
      isClosed = true
      for job in jobs.values { job.isCancelled = true }
      condition.broadcast()
      while threads > 0 { condition.wait() }
      jobs = [:]
    }
  }

  /// Says what will be asked for, the soonest first, in place of what was said before. Items that are
  /// named no more are dropped, finished or not.
  public func announce(_ items: [WorkItem]) {
    locked {
      guard !isClosed else { return }
      var keys: Set<WorkItem> = []
      announced = []
      for item in items where keys.insert(item.key).inserted {
        announced.append(item.key)
        if jobs[item.key] == nil { jobs[item.key] = Job(item, isAsked: false) }
      }
      for (key, job) in jobs where !job.isAsked && !keys.contains(key) {
        job.isCancelled = true
        jobs[key] = nil
      }
      start()
      condition.broadcast()
    }
  }

  /// The result of an announced item; nil before it is there, and for one that failed.
  public func result(of item: WorkItem) -> WorkResult? {
    locked { try? jobs[item.key]?.result?.get() }
  }

  /// Has items done now, ahead of all that is announced, and gives their results in order.
  ///
  /// - Parameters:
  ///   - isEnough: given the results up to now, whether the others are not needed any more.
  ///   - progress: what is being done, with the share of all items that is done.
  /// - Returns: nil for an item that was not needed.
  /// - Throws: what `progress` and ``whileWaiting`` throw; the items are then dropped.
  func perform(
    _ items: [WorkItem], isEnough: ([Result<WorkResult, any Error>?]) -> Bool = { _ in false },
    progress: (EvaluationProgress, Double) throws -> Void = { _, _ in }
  ) throws -> [Result<WorkResult, any Error>?] {
    let keys = items.map(\.key)
    locked {
      for (item, key) in zip(items, keys) {
        // What failed before anybody asked is tried anew.
        if case .failure = jobs[key]?.result { jobs[key] = nil }
        let job = jobs[key] ?? Job(item, isAsked: true)
        job.isAsked = true
        jobs[key] = job
        asked.append(key)
      }
      start()
      condition.broadcast()
    }
    defer {
      locked {
        asked.removeAll { keys.contains($0) }
        updates = []
        for key in keys {
          jobs[key]?.isCancelled = true
          jobs[key] = nil
        }
      }
    }
    var fractions = [WorkItem: Double]()
    var seen = -1
    while true {
      let (news, results, count) = locked {
        while updates.isEmpty, finished == seen, keys.contains(where: { jobs[$0]?.result == nil }) {
          condition.wait()
        }
        let news = updates
        updates = []
        return (news, keys.map { jobs[$0]?.result }, finished)
      }
      for (key, update) in news where keys.contains(key) {
        if update.stage == .train { fractions[key] = update.fraction ?? fractions[key] }
        let isTraining = !fractions.isEmpty
        let done = zip(keys, results).reduce(0.0) {
          $0 + ($1.1 != nil ? 1 : fractions[$1.0] ?? 0)
        }
        try progress(
          .init(
            stage: isTraining ? .train : update.stage, message: update.message,
            fraction: update.fraction), done / Double(keys.count))
      }
      if results.allSatisfy({ $0 != nil }) || isEnough(results) { return results }
      if count != seen {
        seen = count
        try whileWaiting()
      }
    }
  }

  // MARK: - Workers

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  /// Starts the threads once there is work; the lock is held.
  private func start() {
    guard threads == 0, !isClosed, !jobs.isEmpty else { return }
    for worker in workers {
      threads += 1
      // Each worker's evaluators are used by this one thread.
      nonisolated(unsafe) let worker = worker
      Thread.detachNewThread { [self] in work(as: worker) }
    }
  }

  private func work(as worker: Worker) {
    condition.lock()
    while true {
      guard let (key, job) = next() else {
        if isClosed { break }
        condition.wait()
        continue
      }
      job.isRunning = true
      condition.unlock()
      let result = Result { try perform(job.item, as: worker) { try self.tell(key, job, $0) } }
      condition.lock()
      job.result = result
      finished += 1
      condition.broadcast()
    }
    threads -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// The item that is wanted first and that nobody does yet; the lock is held.
  private func next() -> (WorkItem, Job)? {
    if isClosed { return nil }
    for key in asked + announced {
      if let job = jobs[key], !job.isRunning { return (key, job) }
    }
    return nil
  }

  /// - Throws: `LossmithError` (`interrupted`) once nobody wants the work any more.
  private func tell(_ key: WorkItem, _ job: Job, _ progress: EvaluationProgress) throws {
    try locked {
      if job.isCancelled { throw LossmithError(.interrupted, "The work was dropped.") }
      guard job.isAsked else { return }
      updates.append((key, progress))
      condition.broadcast()
    }
  }

  private func perform(
    _ item: WorkItem, as worker: Worker, progress: (EvaluationProgress) throws -> Void
  ) throws -> WorkResult {
    switch item {
    case .build(let proposal, let name):
      return .built(
        try worker.evaluator.build(proposal, name: name) {
          try progress(.init(stage: .check, message: $0))
        })
    case .probe(let loss, let name):
      return .probed(
        try worker.evaluator.probe([(loss, name)]).first
          ?? .init(name: name, fingerprint: nil, tunables: []))
    case .screen(let request):
      guard let screener = worker.screener else {
        throw LossmithError(.hostFault, "The run has a cheap stage and nothing to train it with.")
      }
      return .measured(try screener.evaluate(request, progress: progress))
    case .train(let request):
      return .measured(try worker.evaluator.evaluate(request, progress: progress))
    }
  }
}
