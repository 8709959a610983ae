import Host
import Losses
import Testing

/// The claim that rows are independent, made by losses that look at how many rows there are.
@Suite struct RowIndependenceTests {
  /// DPO whose row `i` of `n` is multiplied by a factor, and has something added to it.
  static func kernel(
    _ factor: @escaping @Sendable (_ i: Int, _ n: Int) -> Double,
    plus: @escaping @Sendable (_ i: Int, _ n: Int) -> Double = { _, _ in 0 }
  ) -> ClosureLoss.Kernel {
    { margin, beta in
      let rows = margin.indices
      return (
        rows.map { softplus(-beta * margin[$0]) * factor($0, rows.count) + plus($0, rows.count) },
        rows.map { -beta * sigmoid(-beta * margin[$0]) * factor($0, rows.count) }
      )
    }
  }

  static let coupled: [ClosureLoss.Kernel] = [
    kernel { _, n in n > 8 ? 8 / Double(n) : 1 },
    kernel { _, n in n == 64 ? 3 : 1 },
    kernel({ _, _ in 1 }, plus: { i, n in i == 0 && n == 2 ? 1 : 0 }),
    kernel { i, n in i == 2 && n == 3 ? 2 : 1 },
    kernel { i, n in i == 31 && n == 64 ? 2 : 1 },
    kernel { i, n in i == n - 1 && n > 64 ? 2 : 1 },
  ]

  private func report(
    _ kernel: @escaping ClosureLoss.Kernel, claims: LossDescriptor.Claims
  ) -> CheckReport {
    CheckSuite { () throws(LossFailure) in ClosureLoss(kernel, claims: claims) }.run()
  }

  @Test("a loss that treats some number of rows otherwise may not claim it", arguments: 0..<6)
  func coupling(index: Int) {
    let report = report(Self.coupled[index], claims: .rowIndependent)
    #expect(report.finding.verdict == .failed(check: "row-independent"))
    #expect(report.finding.message.contains("of a batch of"))
  }

  @Test("without the claim such a loss passes, and with it one of single rows does (the controls)")
  func controls() {
    #expect(report(Self.coupled[0], claims: []).passed)
    let single = report(Self.kernel { _, _ in 1 }, claims: .rowIndependent)
    #expect(single.finding == Finding(.ok))
    #expect(single.entries.first { $0.name == "row-independent" }?.message == "")
  }
}
