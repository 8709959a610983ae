import Foundation
import Losses

extension RunSummary {
  /// What stands below the table: the race, the confirmation, the front, twins and tuned values.
  var statisticsText: String {
    [raceText, finalistsText, frontText, twinsText, tunedText].compactMap { $0 }
      .joined(separator: "\n")
  }

  private var raceText: String? {
    guard let stops = raced, !stops.isEmpty else { return nil }
    let words = stops.map { "\($0.name) after \($0.seeds) seeds" }
    return "Stopped in the race, its interval to the leader below 0: "
      + words.joined(separator: ", ") + "."
  }

  private var finalistsText: String? {
    guard let finalists,
      finalists.contains(where: { $0.confirmed != nil || !$0.finding.verdict.isOK })
    else { return nil }
    var columns: [TextTable.Column] = [
      .left("finalist"), .right("search \(metric)"), .right("confirmed \(metric)"),
      .left("Δ to DPO, fresh seeds [95 %]"), .right("p (Holm)"),
    ]
    let comparesAtEqualKL = finalists.contains { $0.beats != nil }
    if comparesAtEqualKL {
      columns += [.left("Δ at equal KL [95 %]"), .right("p (Holm)"), .left("beats DPO")]
    }
    let hasUntold = finalists.contains { $0.untold != nil }
    if hasUntold { columns.append(.right("\(metric), untold prompts")) }
    if let hiddenMetric {
      columns.append(.right(Self.title(ofHidden: hiddenMetric)))
    }
    var table = TextTable(columns: columns)
    for row in finalists {
      var cells = [
        row.name + (row.isFormer == true ? " (former)" : ""), Readout.estimate(row.search),
        row.confirmed.map(Readout.estimate) ?? "\(row.finding.verdict)",
        row.confirmedDelta.map(Readout.difference) ?? "", Self.probability(row.holm),
      ]
      if comparesAtEqualKL {
        let outside = row.outside ?? 0
        cells += [
          outside > 0
            ? "KL outside of DPO's frontier on \(outside) seeds"
            : row.atEqualKL.map(Readout.difference) ?? "",
          Self.probability(row.equalKLHolm), row.beats.map { $0 ? "yes" : "no" } ?? "",
        ]
      }
      if hasUntold { cells.append(row.untold.map(Readout.estimate) ?? "") }
      if hiddenMetric != nil { cells.append(row.hidden.map(Readout.estimate) ?? "") }
      table.add(cells)
    }
    return
      (["Finalists, measured again on seeds that no selection saw:", table.text]
      + verdictSentences).joined(separator: "\n")
  }

  private var frontText: String? {
    guard let front else { return nil }
    let names = front.points.filter(\.isOnFront).map {
      "\($0.name) (\(Readout.fixed($0.reward.mean, decimals: 3)) at KL \(Readout.kl($0.kl.mean)),"
        + " \(Int(($0.seedShare * 100).rounded())) % of seeds)"
    }
    let more = names.count > 8 ? " and \(names.count - 8) more" : ""
    var text =
      "Front of reward and KL, over the \(front.seeds) seeds that all have:"
      + " \(names.prefix(8).joined(separator: ", "))\(more)."
    if let whole = front.hypervolume, let known = front.baselineHypervolume {
      text += " Hypervolume \(Readout.estimate(whole)), baselines alone \(Readout.estimate(known))."
    }
    return text
  }

  private var twinsText: String? {
    let twins =
      measured.compactMap { row in row.twin.map { "\(row.name) = \($0.text)" } }
      + failed.compactMap { row in row.twin.map { "\(row.name) = \($0.text)" } }
    return twins.isEmpty ? nil : "Same gradients: \(twins.joined(separator: ", "))."
  }

  private var tunedText: String? {
    let tuned = measured.compactMap { row in
      row.tunables.map { "\(row.name): \(DiscoveryRun.text($0))" }
    }
    return tuned.isEmpty ? nil : "Tuned on seeds of their own: \(tuned.joined(separator: "; "))."
  }

  /// What a column of a metric that no proposer is told is called.
  public static func title(ofHidden metric: String) -> String {
    metric.hasSuffix("_untold")
      ? "\(metric.dropLast("_untold".count)), untold prompts" : "\(metric), untold"
  }

  static func probability(_ value: Double?) -> String {
    value.map { $0 < 0.0001 ? "<0.0001" : String(format: "%.4f", $0) } ?? ""
  }
}
