import Foundation
import Losses

extension SweepSummary {
  /// What is compared: the reward where completions are judged, else the accuracy.
  public var shownMetric: String {
    curves.contains { $0.points.contains { $0.reward != nil } } || metric != "accuracy"
      ? "reward" : "accuracy"
  }

  /// The point's value of ``shownMetric``.
  public func shown(_ point: Point) -> Estimate? {
    shownMetric == "reward" ? point.reward : point.accuracy
  }

  /// A table for terminals: a block of rows a loss, β ascending.
  public var table: String {
    var table = TextTable(columns: [
      .left("loss"), .right("β"), .right("seeds"), .right("\(shownMetric) ± s.e."),
      .right("KL ± s.e."),
      .left("Δ to \(baseline) at equal KL [95 %]"), .left("failures"),
    ])
    for curve in curves {
      for point in curve.points {
        table.add([
          curve.loss, point.beta.map { "\($0)" } ?? "none",
          "\((shown(point)?.n ?? 0) + point.failures.count)", shown(point)?.text ?? "",
          point.kl.map { Self.text($0, decimals: 3) } ?? "",
          point.advantage.map { Readout.difference($0) + Self.mark($0) } ?? "",
          Self.counted(point.failures),
        ])
      }
      if let failure = curve.failure { table.add([curve.loss, "", "0", "", "", "", failure]) }
    }
    var areas = TextTable(columns: [
      .left("loss"), .right("hypervolume ± s.e."), .left("Δ to \(baseline) [95 %]"),
    ])
    let ranked = curves.filter { $0.hypervolume != nil }
      .sorted { $0.hypervolume!.mean > $1.hypervolume!.mean }
    let without = curves.filter { $0.hypervolume == nil }
    for curve in ranked {
      areas.add([
        curve.loss, Self.text(curve.hypervolume!, decimals: 3),
        curve.hypervolumeDifference.map { Readout.difference($0) + Self.mark($0) } ?? "",
      ])
    }
    for curve in without { areas.add([curve.loss, "none", ""]) }
    var lines = [table.text, ""]
    if !ranked.isEmpty { lines += [areas.text, ""] }
    if let reference { lines.append("The reference's reward is \(reference.text), its KL 0.") }
    lines.append(
      shownMetric == "accuracy"
        ? "Nobody judges completions on this task: there is nothing to compare at equal KL."
        : "The hypervolume is the area above the reference's reward and left of a KL of"
          + " \(Readout.fixed(klCap, decimals: 0)) nats. " + differenceWords)
    if done < total {
      lines.append("\(total - done) of \(total) trainings are still to be done.")
    }
    return lines.joined(separator: "\n")
  }

  /// How to read the differences, or why there are none.
  private var differenceWords: String {
    guard let base = curves.first(where: { $0.loss == baseline }) else {
      return "\(baseline) is not among the losses: there are no differences to it."
    }
    guard base.points.contains(where: { $0.reward != nil }) else {
      return "\(baseline) has no reward here: there are no differences to it."
    }
    return "An asterisk marks differences whose interval excludes 0; an empty cell lies beyond"
      + " every KL that \(baseline) reached."
  }

  /// One row a loss and β, for other programs; empty cells where there is no number.
  public var csv: String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    var lines = [
      "loss,beta,seeds,reward,reward_se,kl,kl_se,kl_paper,advantage,advantage_low,advantage_high,failures,accuracy,accuracy_se"
    ]
    for curve in curves {
      for point in curve.points {
        let cells = [
          "\"" + curve.loss.replacing("\"", with: "\"\"") + "\"", number(point.beta),
          "\((shown(point)?.n ?? 0) + point.failures.count)", number(point.reward?.mean),
          number(point.reward?.se), number(point.kl?.mean), number(point.kl?.se),
          number(point.klPaper?.mean), number(point.advantage?.mean),
          number(point.advantage?.low), number(point.advantage?.high),
          point.failures.joined(separator: " "), number(point.accuracy?.mean),
          number(point.accuracy?.se),
        ]
        lines.append(cells.joined(separator: ","))
      }
      if let failure = curve.failure {
        let empty = [String](repeating: "", count: 8)
        let cells =
          ["\"" + curve.loss.replacing("\"", with: "\"\"") + "\"", "", "0"] + empty
          + [failure, "", ""]
        lines.append(cells.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ estimate: Estimate, decimals: Int) -> String {
    let mean = Readout.fixed(estimate.mean, decimals: decimals)
    return estimate.se.map { "\(mean) ± \(Readout.fixed($0, decimals: decimals))" } ?? mean
  }

  private static func mark(_ difference: Difference) -> String {
    guard let low = difference.low, let high = difference.high else { return "" }
    return low > 0 || high < 0 ? " *" : ""
  }

  /// `diverged(12) ×2`.
  private static func counted(_ failures: [String]) -> String {
    var counts: [(verdict: String, count: Int)] = []
    for failure in failures {
      if let index = counts.firstIndex(where: { $0.verdict == failure }) {
        counts[index].count += 1
      } else {
        counts.append((failure, 1))
      }
    }
    return counts.map { $0.count == 1 ? $0.verdict : "\($0.verdict) ×\($0.count)" }
      .joined(separator: ", ")
  }
}
