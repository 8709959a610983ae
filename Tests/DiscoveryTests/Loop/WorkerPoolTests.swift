import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Work shared among workers")
struct WorkerPoolTests {
  private let scratch: Scratch
  private let library: URL
  private let parts: [ScriptedEvaluator]
  private let pool: WorkerPool
  private let pooled: PooledEvaluator

  init() throws {
    let scratch = try Scratch()
    self.scratch = scratch
    library = scratch.url.appending(path: "library")
    parts = (0..<2).map { _ in ScriptedEvaluator(scratch: scratch.url) }
    pool = WorkerPool(parts.map { .init(evaluator: $0) })
    pooled = PooledEvaluator(pool, desk: ScriptedEvaluator(scratch: scratch.url))
  }

  private func evaluate(
    _ code: String, seeds: [UInt64] = [0, 1, 2, 3, 4], by evaluator: any CandidateEvaluator,
    progress: (EvaluationProgress) throws -> Void = { _ in }
  ) throws -> EvaluationRecord {
    try Data(code.utf8).write(to: library)
    return try evaluator.evaluate(library: library, name: "x", seeds: seeds, progress: progress)
  }

  @Test("the record is that of one evaluator, seeds in order, and the time that of all together")
  func sameRecord() throws {
    var one = try evaluate("warned 0.7", by: ScriptedEvaluator(scratch: scratch.url))
    let two = try evaluate("warned 0.7", by: pooled)
    #expect(two.seconds == 5)
    one.seconds = 5
    #expect(two == one)
    #expect(two.seeds.map(\.seed) == [0, 1, 2, 3, 4])
    #expect(parts.map(\.evaluations.count).reduce(0, +) == 5)
    let baseline = try pooled.evaluate(baseline: "dpo", seeds: [1, 0]) { _ in }
    #expect(baseline.seeds.map(\.seed) == [1, 0])
    pool.close()
  }

  @Test("a failure of any seed is the candidate's verdict: the first in the order of the seeds")
  func failure() throws {
    // The text after the second bar is for all seeds but 0.
    let record = try evaluate("eta 0.7|eta 0.6|diverge 4", by: pooled)
    #expect(record.finding.verdict == .diverged(step: 4))
    #expect(record.seeds.isEmpty)
    let first = try evaluate("diverge 2|eta 0.6|diverge 4", by: pooled)
    #expect(first.finding.verdict == .diverged(step: 2))
    pool.close()
  }

  @Test("a fault of the host in any seed is thrown, and comes before the candidate's own")
  func fault() throws {
    let error = #expect(throws: LossmithError.self) {
      try evaluate("throwfailure|eta 0.6|fault 9 0.6", by: pooled)
    }
    #expect(error?.code == .sandbox)
    #expect(throws: LossFailure.self) {
      try evaluate("eta 0.7|eta 0.6|throwfailure", by: pooled)
    }
    pool.close()
  }

  @Test("who does not want to hear more gets the own error back, and the workers can go on")
  func stopped() throws {
    var heard = 0
    let error = #expect(throws: LossmithError.self) {
      try evaluate("eta 0.7", by: pooled) { _ in
        heard += 1
        if heard == 2 { throw LossmithError(.interrupted, "Enough.") }
      }
    }
    #expect(error?.message == "Enough." && heard == 2)
    #expect(try evaluate("eta 0.7", by: pooled).seeds.count == 5)
    pool.close()
  }

  /// Waits for a state of the pool, for as long as a loaded machine may take.
  private func waitFor(_ item: WorkItem) {
    for _ in 0..<6000 where pool.result(of: item) == nil { Thread.sleep(forTimeInterval: 0.01) }
  }

  @Test("what was announced is done before it is asked for, once; what is named no more is dropped")
  func announced() throws {
    try Data("eta 0.7".utf8).write(to: library)
    let request = EvaluationRequest(.library(library), name: "x", seeds: [0])
    pool.announce([.train(request)])
    waitFor(.train(request))
    #expect(parts.map(\.evaluations.count).reduce(0, +) == 1)
    // Its library has moved meanwhile; within a run the name says which it is.
    var moved = request
    moved.loss = .library(scratch.url.appending(path: "elsewhere"))
    #expect(try pooled.evaluate(moved) { _ in }.seeds.map(\.seed) == [0])
    #expect(parts.map(\.evaluations.count).reduce(0, +) == 1)
    // Taken once, it is gone.
    #expect(pool.result(of: .train(request)) == nil)
    pool.announce([.train(request)])
    waitFor(.train(request))
    pool.announce([])
    #expect(pool.result(of: .train(request)) == nil)
    // Other seeds, other work.
    #expect(try evaluate("eta 0.7", seeds: [3], by: pooled).seeds.map(\.seed) == [3])
    pool.close()
  }

  @Test("an announced item that failed for a reason of ours is tried anew when it is asked for")
  func announcedFault() throws {
    try Data("fault 1 0.7".utf8).write(to: library)
    let one = ScriptedEvaluator(scratch: scratch.url)
    let pool = WorkerPool([.init(evaluator: one)])
    let request = EvaluationRequest(.library(library), name: "x", seeds: [0])
    let later = EvaluationRequest(.baseline, name: "dpo", seeds: [0])
    pool.announce([.train(request), .train(later)])
    // The one worker does them in order: the first is over when the second is there.
    for _ in 0..<6000 where pool.result(of: .train(later)) == nil {
      Thread.sleep(forTimeInterval: 0.01)
    }
    #expect(pool.result(of: .train(request)) == nil && one.evaluations == ["x", "dpo"])
    let record = try PooledEvaluator(pool, desk: one).evaluate(request) { _ in }
    #expect(record.seeds.count == 1 && one.evaluations == ["x", "dpo", "x"])
    pool.close()
  }
}
