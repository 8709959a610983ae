import Foundation
import Losses
import Testing

@testable import Host

/// Plug-ins that try to be given a better score than they deserve: each is found out, or the test
/// says why it gains nothing.
@Suite("Audited losses", .serialized)
struct AuditedLossTests {
  private struct Training {
    var verdict: Verdict
    /// The step at which it was found out; all of them when it was not.
    var steps: Int
    var audits: Int
  }

  /// A training's calls: batches that all differ, or that come again after `period`.
  private func train(
    _ name: String, steps: Int = 120, rows: Int = 24, period: Int = .max, seed: UInt64 = 1,
    offset: Double = 0
  ) throws -> Training {
    let image = try FixtureLibrary.image(name)
    let cells = try LocalCells()
    let limits = CellFixture.limits
    func open() throws(LossFailure) -> any RawLoss {
      try CellLoss(image: image, cells: cells, limits: limits)
    }
    var done = 0
    var audits = 0
    do throws(LossFailure) {
      let loss = AuditedLoss(try open(), seed: seed, fresh: open)
      for step in 0..<steps {
        var batch = CellFixture.batch(rows: rows)
        let shift = offset + 0.01 * Double(step % period)
        batch.columns[.policyChosen] = batch.columns[.policyChosen]?.map { $0 + shift }
        _ = try loss.evaluate(batch, tunables: [0.1])
        done += 1
        audits = loss.audits
      }
      try loss.finish()
      return Training(verdict: .ok, steps: done, audits: loss.audits)
    } catch {
      return Training(verdict: error.finding.verdict, steps: done, audits: audits)
    }
  }

  @Test("honest losses pass their audits, coupled rows too", arguments: ["benign", "batch-mean"])
  func honest(name: String) throws {
    let training = try train(name)
    #expect(training.verdict == .ok)
    #expect(training.steps == 120)
    #expect(training.audits >= 2)
  }

  @Test("a batch of a policy that ran away is not judged by differences, but replayed")
  func ranAway() throws {
    let training = try train("benign", steps: 30, offset: -1e12)
    #expect(training.verdict == .ok && training.audits >= 1)
    #expect(try train("cheat-time-bomb", offset: -1e12).verdict == .failed(check: "replay"))
  }

  @Test("which calls are audited depends on the seed alone")
  func repeatable() throws {
    #expect(try train("benign").audits == train("benign").audits)
  }

  @Test("found out: other gradients after k calls")
  func timeBomb() throws {
    #expect(try train("cheat-time-bomb").verdict == .failed(check: "replay"))
    // Even when the fuse is longer than any interval between audits: the end replays the rest.
    #expect(try train("cheat-time-bomb", steps: 19).verdict == .failed(check: "replay"))
  }

  @Test("found out: a memory of batches that were there before")
  func memory() throws {
    #expect(try train("cheat-memory", period: 10).verdict == .failed(check: "replay"))
  }

  @Test("found out: gradients that are not those of the values, in training only")
  func probe() throws {
    #expect(try train("cheat-probe").verdict == .failed(check: "real-gradient"))
    // With the batches of the checks it is honest: only real batches give it away.
    #expect(try train("cheat-probe", rows: 8).verdict == .ok)
  }

  @Test(
    "found out: values that are bent to fit forged gradients next to a batch that was seen",
    arguments: [
      "cheat-neighbour", "cheat-two-neighbours", "cheat-all-neighbours",
    ], [UInt64](1...4))
  func neighbours(name: String, seed: UInt64) throws {
    #expect(try train(name, seed: seed).verdict == .failed(check: "real-gradient"))
    // The same audits leave an honest loss alone.
    #expect(try train("batch-mean", steps: 30, seed: seed).verdict == .ok)
  }

  @Test(
    "found out: forged gradients of values so large that they hide every slope",
    arguments: ["cheat-drowned", "cheat-drowned-row"])
  func drowned(name: String) throws {
    #expect(try train(name).verdict == .failed(check: "real-gradient"))
    #expect(try train(name, rows: 8).verdict == .ok)
  }

  @Test("found out: forged gradients of values that jump wherever they are probed")
  func jumps() throws {
    #expect(try train("cheat-jumps").verdict == .failed(check: "real-gradient"))
  }

  @Test(
    "the check finds a loss that knows neighbours of a batch",
    arguments: [
      "cheat-neighbour", "cheat-two-neighbours", "cheat-all-neighbours",
    ])
  func checked(name: String) throws {
    let image = try FixtureLibrary.image(name)
    let cells = try LocalCells()
    let report = CheckSuite { () throws(LossFailure) in
      try CellLoss(image: image, cells: cells, limits: CellFixture.limits)
    }.run()
    #expect(report.finding.verdict != .ok)
    guard case .failed(let check) = report.finding.verdict else {
      return #expect(Bool(false), "\(report.finding)")
    }
    #expect(["gradient", "determinism"].contains(check))
  }

  @Test("batches that outgrow the memory are replayed at once, and none is forgotten")
  func outgrown() throws {
    let cells = try LocalCells()
    // A seed with which nothing is audited before the end.
    let seed = try #require(
      (UInt64(0)..<100).first { seed in
        var random = RandomStream(seed: seed, purpose: "audit")
        return random.below(AuditedLoss.interval / 5) >= 14
      })
    func train(_ name: String) throws -> Verdict {
      let image = try FixtureLibrary.image(name)
      var opened = 0
      func open() throws(LossFailure) -> any RawLoss {
        opened += 1
        return try CellLoss(image: image, cells: cells, limits: CellFixture.limits)
      }
      do throws(LossFailure) {
        // Room for two batches of 24 rows.
        let loss = AuditedLoss(try open(), seed: seed, memory: 2 * 24 * 7 * 8, fresh: open)
        for step in 0..<14 {
          var batch = CellFixture.batch(rows: 24)
          // One batch comes again long after it is no longer kept.
          let shift = 0.01 * Double(step == 11 ? 0 : step)
          batch.columns[.policyChosen] = batch.columns[.policyChosen]?.map { $0 + shift }
          _ = try loss.evaluate(batch, tunables: [0.1])
        }
        #expect(opened >= 4)
        return .ok
      } catch {
        return error.finding.verdict
      }
    }
    #expect(try train("cheat-memory") == .failed(check: "replay"))
    #expect(try train("benign") == .ok)
  }

  @Test("found out: rows that claim independence and are not treated alike")
  func rows() throws {
    #expect(try train("cheat-rows").verdict == .failed(check: "real-order"))
  }

  @Test(
    "found out or harmless: inputs and sequence words",
    arguments: [
      ("write-input", Verdict.crashed(signal: SIGSEGV)),
      ("mprotect-input", .crashed(signal: SIGSEGV)), ("remap-input", .failed(check: "real-order")),
      ("forged-sequence", .failed(check: "protocol")), ("early-sequence", .timeout),
    ])
  func regions(name: String, verdict: Verdict) throws {
    #expect(try train(name).verdict == verdict)
  }

  @Test("gains nothing: what is changed after publishing is never looked at again")
  func late() throws {
    let loss = try CellLoss(
      image: try FixtureLibrary.image("cheat-late"), cells: try LocalCells(),
      limits: CellFixture.limits)
    let batch = CellFixture.batch(rows: 8)
    let honest = CellFixture.dpo(batch, beta: 0.1)
    let output = try loss.evaluate(batch, tunables: [0.1])
    let seen = output
    // Whatever the copy caught is a value that the plug-in could have given in the first place,
    // and validation, check and training all see that one copy.
    for (value, expected) in zip(output.values, honest.values) {
      #expect(value == -7 || abs(value - expected) < 1e-12)
    }
    usleep(50_000)
    #expect(output == seen)
  }
}
