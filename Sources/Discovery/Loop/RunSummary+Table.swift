import Foundation
import Losses

extension RunSummary {
  /// The table that a run ends with: measured losses by rank, failures after them.
  public var table: String {
    var table = TextTable(columns: [
      .right("rank"), .left("loss"), .right("gen"), .right("\(metric) ± s.e."), .right("KL"),
      .left("Δ to DPO [95 %]"),
    ])
    for row in measured {
      table.add([
        "\(row.rank)", row.name, row.origin.generation.map(String.init) ?? "base",
        Self.estimate(row.eta), row.metrics["kl"].map { Self.number($0.mean, 3) } ?? "",
        row.delta.map(Self.difference) ?? "",
      ])
    }
    for row in failed {
      table.add([
        "", row.name, row.origin.generation.map(String.init) ?? "base", "", "",
        "\(row.finding.verdict)",
      ])
    }
    let counted = failures.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let failuresLine = counted.isEmpty ? "none failed" : counted.joined(separator: ", ")
    let measuredProposals = measured.filter { !$0.origin.isBaseline }.count
    return """
      \(table.text)
      Task \(task), \(seeds.count) seed\(seeds.count == 1 ? "" : "s"). \
      \(proposals) proposals: \(measuredProposals) measured; \(failuresLine).
      """
  }

  private static func estimate(_ estimate: Estimate) -> String {
    number(estimate.mean, 4) + (estimate.se.map { " ± " + number($0, 4) } ?? "")
  }

  private static func difference(_ difference: Difference) -> String {
    let mean = String(format: "%+.4f", difference.mean)
    guard let low = difference.low, let high = difference.high else { return mean }
    return mean + String(format: " [%+.4f, %+.4f]", low, high)
  }

  private static func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
