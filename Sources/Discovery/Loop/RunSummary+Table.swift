import Foundation
import Losses
import Policy

extension RunSummary {
  /// The table that a run ends with: measured losses by rank, then those that the cheap stage stopped,
  /// then failures.
  ///
  /// A column that would be empty is not there: the cheap stage's, and that of the seeds where all
  /// losses have the same.
  public var table: String {
    var columns: [TextTable.Column] = [.right("rank"), .left("loss"), .right("gen")]
    if let cheapStage { columns.append(.right("\(cheapStage) η")) }
    columns.append(.right("\(metric) ± s.e."))
    if firstSeeds != nil { columns.append(.right("seeds")) }
    columns += [.right("KL"), .left("Δ to DPO [95 %]"), .right("s"), .left("verdict")]
    var table = TextTable(columns: columns)
    for row in measured {
      table.add(
        cells(
          rank: "\(row.rank)", row.name, row.origin, cheap: row.cheapEta, eta: row.eta,
          kl: row.metrics["kl"]?.mean, delta: row.delta, seconds: row.seconds, verdict: "ok"))
    }
    for row in stopped {
      table.add(
        cells(
          row.name, row.origin, cheap: row.eta, seconds: row.seconds,
          verdict: "stopped at \(row.stage)"))
    }
    for row in failed {
      table.add(
        cells(
          row.name, row.origin, cheap: row.cheapEta, seconds: row.seconds,
          verdict: row.twin?.scale == nil
            ? "\(row.finding.verdict)" : "duplicate up to scale(\(row.twin?.name ?? ""))"))
    }
    let statistics = statisticsText
    return table.text + "\n" + closing + (statistics.isEmpty ? "" : "\n" + statistics)
      + (published.map { "\n\n" + $0.table } ?? "")
  }

  private func cells(
    rank: String = "", _ name: String, _ origin: Origin, cheap: Estimate?, eta: Estimate? = nil,
    kl: Double? = nil, delta: Difference? = nil, seconds: Double?, verdict: String
  ) -> [String] {
    var cells = [rank, name, origin.generation.map(String.init) ?? "base"]
    if cheapStage != nil { cells.append(cheap.map { Self.number($0.mean, 4) } ?? "") }
    cells.append(eta.map(Self.estimate) ?? "")
    if firstSeeds != nil { cells.append(eta.map { "\($0.n)" } ?? "") }
    return cells + [
      kl.map { Self.number($0, 3) } ?? "", delta.map(Self.difference) ?? "",
      seconds.map { Self.number($0, 1) } ?? "", verdict,
    ]
  }

  /// What the numbers are of, and what became of the proposals.
  private var closing: String {
    let task = task.split(separator: "/").last.map(String.init) ?? task
    let outranked = stopped.count { $0.standing != nil }
    var lines = ["Task \(task), \(Self.counted(seeds.count, "seed"))"]
    if let firstSeeds {
      lines[0] += "; \(Self.counted(firstSeeds.count, "seed")) for proposals but the finalists"
    }
    lines[0] += "."
    if let cheapStage {
      lines[0] +=
        " A proposal that learns nothing on \(cheapStage)"
        + (outranked > 0 ? ", or is not among the best there," : "") + " is not trained on \(task)."
    }
    let counted = failures.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let measuredProposals = measured.filter { !$0.origin.isBaseline }.count
    var stops = stopped.isEmpty ? "" : ", \(stopped.count) stopped at \(cheapStage ?? "")"
    if outranked > 0 {
      let idle = stopped.count - outranked
      stops +=
        " (\(idle > 0 ? "\(idle) learned nothing, " : "")\(outranked) learned but"
        + " \(outranked == 1 ? "was" : "were") not among the best there)"
    }
    lines.append(
      "\(proposals) proposals: \(measuredProposals) measured\(stops); "
        + (counted.isEmpty ? "none failed." : counted.joined(separator: ", ") + "."))
    if let ledger { lines.append(ledger.line) }
    lines += (data?.notes ?? []).map { "Data: \($0)." }
    return lines.joined(separator: "\n")
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
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
