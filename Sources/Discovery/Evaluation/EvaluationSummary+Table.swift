import Foundation
import Losses
import Policy

extension EvaluationSummary {
  /// A table for terminals: best η first, failures last with their verdicts.
  ///
  /// Plain text without colours; the last line says how to read it.
  public var table: String {
    let columns = Self.columns.filter { column in
      column.metric != metric
        && records.contains { $0.estimate(column.metric) != nil }
    }
    var table = TextTable(
      columns: [.left("plug-in"), .right("\(metric) ± s.e.")] + columns.map { .right($0.title) }
        + [.left("Δ to \(baseline) [95 %]"), .left("verdict")])
    for record in ranked {
      let delta = record.plugin == baseline ? nil : self.delta(of: record)
      table.add(
        [record.plugin, record.estimate(metric)?.text ?? ""]
          + columns.map { $0.text(record.estimate($0.metric)?.mean) }
          + [
            delta.map { Readout.difference($0) + Self.mark($0) } ?? "",
            record.finding.verdict.description,
          ])
    }
    if let reference {
      table.add(
        ["(reference)", reference.text] + columns.map { $0.text(referenceMetrics[$0.metric]) }
          + ["", ""])
    }
    var lines = [table.text]
    for record in ranked where !record.finding.verdict.isOK {
      let words = [record.finding.message, record.finding.remedy].filter { !$0.isEmpty }
      lines.append("\(record.plugin): \(words.joined(separator: " "))")
    }
    if !records.contains(where: { $0.plugin == baseline && $0.finding.verdict.isOK }) {
      lines.append("There are no differences: \(baseline) has no numbers here.")
    }
    lines += ranked.compactMap(Self.frontier)
    lines += (data?.notes ?? []).map { "Data: \($0)." }
    let seeds = records.map(\.seeds.count).max() ?? 0
    lines.append(
      seeds > 1
        ? "\(seeds) seeds; an asterisk marks differences whose interval excludes 0."
        : "One seed: no errors, no intervals. Use --seeds 5 to compare.")
    return lines.joined(separator: "\n")
  }

  /// A column that is shown where some record has the metric and η is another.
  private struct Column {
    var title: String
    var metric: String
    var decimals: Int

    func text(_ value: Double?) -> String {
      value.map { Readout.fixed($0, decimals: decimals) } ?? ""
    }
  }

  private static let columns = [
    Column(title: "reward", metric: "reward", decimals: 3),
    Column(title: "KL", metric: "kl", decimals: 2),
    Column(title: "KL/token", metric: "kl_paper", decimals: 3),
    Column(title: "length", metric: "length", decimals: 1),
    Column(title: "accuracy", metric: "accuracy", decimals: 3),
    Column(title: "winrate", metric: "winrate", decimals: 3),
  ]

  /// A line with the means over seeds of each β's reward and KL; nil where there is no frontier.
  private static func frontier(_ record: EvaluationRecord) -> String? {
    let seeds = record.seeds.compactMap(\.frontier)
    guard let first = seeds.first, seeds.count == record.seeds.count else { return nil }
    let points = first.indices.map { place in
      let reward = Statistics.mean(seeds.map { $0[place].reward })
      let kl = Statistics.mean(seeds.map { $0[place].kl })
      let beta = first[place].beta.map { "β \($0): " } ?? ""
      return "\(beta)\(Readout.fixed(reward, decimals: 3)) at KL \(Readout.kl(kl))"
    }
    return "\(record.plugin): \(points.joined(separator: ", "))"
  }

  private static func mark(_ difference: Difference) -> String {
    guard let low = difference.low, let high = difference.high else { return "" }
    return low > 0 || high < 0 ? " *" : ""
  }
}
