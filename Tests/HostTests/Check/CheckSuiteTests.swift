import Foundation
import Host
import Losses
import Synchronization
import Testing

@Suite struct CheckSuiteTests {
  static let dpo = rowwise({ softplus(-$1 * $0) }, slope: { -$1 * sigmoid(-$1 * $0) })

  func report(_ kernel: @escaping ClosureLoss.Kernel) -> CheckReport {
    CheckSuite { () throws(LossFailure) in ClosureLoss(kernel) }.run()
  }

  func firstFailure(_ report: CheckReport) -> String? {
    report.entries.first { $0.outcome == .failed }?.name
  }

  @Test("DPO passes every check without a warning")
  func control() {
    let report = report(Self.dpo)
    #expect(report.finding == Finding(.ok))
    #expect(report.entries.map(\.name) == CheckSuite.names)
    #expect(report.entries.allSatisfy { $0.outcome == .passed })
    #expect(report.warnings.isEmpty)
  }

  @Test("a gradient that is one part in a thousand off is found")
  func wrongGradient() {
    let report = report(
      rowwise({ softplus(-$1 * $0) }, slope: { -$1 * sigmoid(-$1 * $0) * 1.001 }))
    #expect(report.finding.verdict == .failed(check: "gradient"))
    #expect(firstFailure(report) == "gradient")
    #expect(!report.finding.remedy.isEmpty)
    let after = report.entries.drop { $0.name != "gradient" }.dropFirst()
    #expect(after.allSatisfy { $0.outcome == .notRun && $0.message == "not run (after gradient)" })
  }

  @Test("values so large that they hide their slopes show no gradient, in one row or in all")
  func drowned() {
    @Sendable func dpo(plus constant: Double, everywhere: Bool, slope: Double) -> ClosureLoss.Kernel
    {
      { margin, beta in
        let values = margin.indices.map {
          softplus(-beta * margin[$0]) + (everywhere || $0 == 0 ? constant : 0)
        }
        return (values, margin.map { slope * beta * sigmoid(-beta * $0) })
      }
    }
    for everywhere in [true, false] {
      for slope in [-1.0, 1, -0.5] {
        let report = report(dpo(plus: 1e13, everywhere: everywhere, slope: slope))
        #expect(firstFailure(report) == "gradient", "\(everywhere) \(slope)")
      }
      // Of an ordinary constant the slope is seen.
      #expect(report(dpo(plus: 1e3, everywhere: everywhere, slope: -1)).finding.verdict == .ok)
      #expect(
        firstFailure(report(dpo(plus: 1e3, everywhere: everywhere, slope: -0.999))) == "gradient")
    }
  }

  @Test("large values are no fault where the gradient is as large")
  func steep() {
    let steep = rowwise({ 1e9 * $1 * $0 * $0 }, slope: { 2e9 * $1 * $0 })
    #expect(report(steep).finding.verdict == .ok)
    let wrong = rowwise({ 1e9 * $1 * $0 * $0 }, slope: { 2.001e9 * $1 * $0 })
    #expect(firstFailure(report(wrong)) == "gradient")
  }

  @Test("statistics over the batch must be differentiated; the gradient is that of the sum")
  func batchCoupling() {
    // value_i = (m_i − mean)²: d(sum)/dm_j = 2 (m_j − mean), the mean's own part cancels.
    let coupled: ClosureLoss.Kernel = { margin, _ in
      let mean = margin.reduce(0, +) / Double(margin.count)
      return (margin.map { ($0 - mean) * ($0 - mean) }, margin.map { 2 * ($0 - mean) })
    }
    #expect(report(coupled).passed)
    // value_i = m_i · mean: leaving the mean's part out is wrong.
    let detached: ClosureLoss.Kernel = { margin, _ in
      let mean = margin.reduce(0, +) / Double(margin.count)
      return (margin.map { $0 * mean }, margin.map { _ in mean })
    }
    #expect(firstFailure(report(detached)) == "gradient")
  }

  @Test("infinite values, which the paper's test accepted, fail as finite")
  func infinite() {
    let report = report(rowwise({ _, _ in .infinity }, slope: { _, _ in 0 }))
    #expect(report.finding.verdict == .failed(check: "finite"))
  }

  @Test("NaN fails as nan")
  func nan() {
    let report = report(rowwise({ m, _ in m < 0 ? .nan : 0 }, slope: { _, _ in 0 }))
    #expect(report.finding.verdict == .failed(check: "nan"))
  }

  @Test("an element that the kernel leaves out fails as written")
  func unwritten() {
    let report = CheckSuite { () throws(LossFailure) in
      let loss = ClosureLoss(Self.dpo)
      loss.unwritten = ["loss[3]"]
      return loss
    }.run()
    #expect(report.finding.verdict == .failed(check: "written"))
    #expect(report.finding.message.contains("loss[3]"))
  }

  @Test("a loss that divides by the spread of the batch fails for one pair")
  func oneRow() {
    let report = report { margin, _ in
      let mean = margin.reduce(0, +) / Double(margin.count)
      let variance =
        margin.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(margin.count - 1)
      return (margin.map { _ in log(variance) * 0 }, margin.map { _ in 0 })
    }
    #expect(report.finding.verdict == .failed(check: "batch-sizes"))
    #expect(report.finding.message.contains("batch of 1"))
  }

  @Test("a loss that divides by the margin fails where the policy is the reference")
  func equalToReference() {
    let report = report(rowwise({ m, _ in 1 / m }, slope: { m, _ in -1 / (m * m) }))
    #expect(report.finding.verdict == .failed(check: "equal-to-reference"))
  }

  @Test("an exponential of the bare margin fails at realistic magnitudes only")
  func magnitudes() {
    let report = report(rowwise({ m, _ in exp(-m) }, slope: { m, _ in -exp(-m) }))
    #expect(report.finding.verdict == .failed(check: "magnitudes"))
  }

  @Test("a loss that counts its calls fails as not deterministic")
  func determinism() {
    let report = CheckSuite { () throws(LossFailure) in
      let calls = Mutex(0.0)
      return ClosureLoss { margin, beta in
        let calls = calls.withLock {
          $0 += 1; return $0
        }
        // Small enough for the comparison with differences, large enough to change bits.
        return (margin.map { softplus(-beta * $0) + calls * 1e-13 }, Self.dpo(margin, beta).slopes)
      }
    }.run()
    #expect(report.finding.verdict == .failed(check: "determinism"))
  }

  @Test("kinks and jumps are warnings, not failures")
  func kinksAndJumps() {
    let hinge = report(rowwise({ m, _ in max(0, m) }, slope: { m, _ in m > 0 ? 1 : 0 }))
    #expect(hinge.passed)
    #expect(hinge.warnings.contains { $0.name == "kink" })
    let padll = report(
      rowwise(
        { ($0 < 0 ? 0.45 : 0.9) * softplus(-$1 * $0) },
        slope: { ($0 < 0 ? 0.45 : 0.9) * -$1 * sigmoid(-$1 * $0) }))
    #expect(padll.passed)
    #expect(padll.warnings.contains { $0.name == "jump" })
  }

  @Test("a constant loss and a reversed one pass with a warning")
  func constantAndReversed() {
    let constant = report(rowwise({ _, _ in 1 }, slope: { _, _ in 0 }))
    #expect(constant.passed)
    #expect(constant.warnings.map(\.name) == ["constant"])
    let reversed = report(rowwise({ softplus($1 * $0) }, slope: { $1 * sigmoid($1 * $0) }))
    #expect(reversed.passed)
    #expect(reversed.warnings.map(\.name) == ["wrong-direction"])
  }

  @Test("a quantile is a kink where the policy is the reference; a wrong gradient there is none")
  func ties() {
    // value_i = softplus(−β (m_i − second smallest margin)).
    @Sendable func second(_ margin: [Double]) -> Int {
      let order = margin.indices.sorted { (margin[$0], $0) < (margin[$1], $1) }
      return order[min(1, order.count - 1)]
    }
    @Sendable func centred(_ factor: Double) -> ClosureLoss.Kernel {
      { margin, beta in
        let place = second(margin)
        let x = margin.map { beta * ($0 - margin[place]) }
        var slopes = x.map { -beta * sigmoid(-$0) * factor }
        slopes[place] -= slopes.reduce(0, +)
        return (x.map { softplus(-$0) }, slopes)
      }
    }
    let right = report(centred(1))
    #expect(right.passed)
    #expect(right.warnings.contains { $0.name == "kink" })
    #expect(firstFailure(report(centred(1.01))) == "gradient")
  }

  @Test("a crash ends the suite with its own verdict")
  func crash() {
    let report = CheckSuite { () throws(LossFailure) in
      throw LossFailure(.crashed(signal: 11), "the plug-in died")
    }.run()
    #expect(report.finding.verdict == .crashed(signal: 11))
    #expect(report.entries.first?.outcome == .failed)
  }
}
