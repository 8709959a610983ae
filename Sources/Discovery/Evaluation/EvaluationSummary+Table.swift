import Foundation
import Losses

extension EvaluationSummary {
  /// A table for terminals: best η first, failures last with their verdicts.
  ///
  /// Plain text without colours; the last line says how to read it.
  public var table: String {
    var table = TextTable(
      columns: [
        .left("plug-in"), .right("\(metric) ± s.e."), .right("KL"), .right("accuracy"),
        .left("Δ to \(baseline) [95 %]"), .left("verdict"),
      ])
    for record in ranked {
      let delta = record.plugin == baseline ? nil : self.delta(of: record)
      table.add([
        record.plugin, record.estimate(metric)?.text ?? "",
        record.estimate("kl").map { Readout.fixed($0.mean, decimals: 2) } ?? "",
        record.estimate("accuracy").map { Readout.fixed($0.mean, decimals: 3) } ?? "",
        delta.map { Readout.difference($0) + Self.mark($0) } ?? "",
        record.finding.verdict.description,
      ])
    }
    if let reference {
      table.add(["(reference)", reference.text, Readout.fixed(0, decimals: 2), "", "", ""])
    }
    var lines = [table.text]
    for record in ranked where !record.finding.verdict.isOK {
      let words = [record.finding.message, record.finding.remedy].filter { !$0.isEmpty }
      lines.append("\(record.plugin): \(words.joined(separator: " "))")
    }
    let seeds = records.map(\.seeds.count).max() ?? 0
    lines.append(
      seeds > 1
        ? "\(seeds) seeds; an asterisk marks differences whose interval excludes 0."
        : "One seed: no errors, no intervals. Use --seeds 5 to compare.")
    return lines.joined(separator: "\n")
  }

  private static func mark(_ difference: Difference) -> String {
    guard let low = difference.low, let high = difference.high else { return "" }
    return low > 0 || high < 0 ? " *" : ""
  }
}
