import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Seeds shared among workers")
struct ParallelEvaluatorTests {
  private let scratch: Scratch
  private let library: URL
  private let parts: [ScriptedEvaluator]

  init() throws {
    let scratch = try Scratch()
    self.scratch = scratch
    library = scratch.url.appending(path: "library")
    parts = (0..<2).map { _ in ScriptedEvaluator(scratch: scratch.url) }
  }

  private func evaluate(
    _ code: String, seeds: [UInt64] = [0, 1, 2, 3, 4], by evaluator: any CandidateEvaluator,
    progress: (EvaluationProgress) throws -> Void = { _ in }
  ) throws -> EvaluationRecord {
    try Data(code.utf8).write(to: library)
    return try evaluator.evaluate(library: library, name: "x", seeds: seeds, progress: progress)
  }

  @Test("the record is that of one evaluator, seeds in order")
  func sameRecord() throws {
    let one = try evaluate("warned 0.7", by: ScriptedEvaluator(scratch: scratch.url))
    let two = try evaluate("warned 0.7", by: ParallelEvaluator(parts))
    #expect(two == one)
    #expect(two.seeds.map(\.seed) == [0, 1, 2, 3, 4])
    #expect(parts.map(\.evaluations.count) == [1, 1])
    let baseline = try ParallelEvaluator(parts).evaluate(baseline: "dpo", seeds: [0, 1]) { _ in }
    #expect(baseline.seeds.map(\.seed) == [0, 1])
  }

  @Test("a single seed is the first evaluator's alone")
  func singleSeed() throws {
    #expect(try evaluate("eta 0.7", seeds: [3], by: ParallelEvaluator(parts)).seeds.count == 1)
    #expect(parts.map(\.evaluations.count) == [1, 0])
  }

  @Test("a failure in any share is the candidate's verdict, and leaves no numbers")
  func failure() throws {
    // The text after the second bar is for the share without seed 0.
    let record = try evaluate("eta 0.7|eta 0.6|diverge 4", by: ParallelEvaluator(parts))
    #expect(record.finding.verdict == .diverged(step: 4))
    #expect(record.seeds.isEmpty)
  }

  @Test("a fault of the host in any share is thrown, and comes before the candidate's own")
  func fault() throws {
    let error = #expect(throws: LossmithError.self) {
      try evaluate("throwfailure|eta 0.6|fault 1 0.6", by: ParallelEvaluator(parts))
    }
    #expect(error?.code == .sandbox)
    #expect(throws: LossFailure.self) {
      try evaluate("eta 0.7|eta 0.6|throwfailure", by: ParallelEvaluator(parts))
    }
  }

  @Test("who does not want to hear more gets the own error back, after all shares ended")
  func stopped() throws {
    var heard = 0
    let error = #expect(throws: LossmithError.self) {
      try evaluate("eta 0.7", by: ParallelEvaluator(parts)) { _ in
        heard += 1
        if heard == 2 { throw LossmithError(.interrupted, "Enough.") }
      }
    }
    #expect(error?.message == "Enough." && heard == 2)
    // The evaluators can be used again.
    #expect(try evaluate("eta 0.7", by: ParallelEvaluator(parts)).seeds.count == 5)
  }

  @Test("a run with several workers has the journal of a run with one")
  func sameJournal() throws {
    // `fragile` fails by the seed that its share begins with, which depends on the shares.
    let script = stagedScript.filter { !$0.contains("fragile") }
    let one = try CheapStageTests.fixture(script)
    try one.start()
    let two = try CheapStageTests.fixture(script)
    let twins = (0..<2).map { _ in ScriptedEvaluator(scratch: two.scratch.url) }
    var parts = two.parts
    parts.evaluator = ParallelEvaluator(twins)
    _ = try DiscoveryRun(in: try two.create(), parts: parts).run()
    #expect(undisturbed(try two.events()) == undisturbed(try one.events()))
  }
}
