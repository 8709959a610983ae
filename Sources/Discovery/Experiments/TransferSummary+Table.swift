import Losses

extension TransferSummary {
  /// Tables for terminals: one a task, then how far the tasks agree.
  public var table: String {
    var lines: [String] = []
    for task in tasks {
      lines += [Self.title(task), Self.table(task, baseline), ""]
    }
    if !correlations.isEmpty { lines += [correlationTable, ""] }
    if !dropped.isEmpty {
      lines.append(
        "Left out: \(dropped.map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")).")
    }
    lines.append(
      "Δ is paired by seed, with 95 % intervals; at equal KL it is to what \(baseline) reaches on its own"
        + " frontier at the same KL. p is one-sided and corrected for all rows (Holm).")
    if done < total {
      lines.append("\(total - done) of \(total) trainings are still to be done.")
    }
    return lines.joined(separator: "\n")
  }

  private static func title(_ task: TaskResult) -> String {
    let reference = task.reference.map { ", reference \(Readout.estimate($0))" } ?? ""
    return "\(task.name): \(task.metric) at β \(task.beta),"
      + " \(task.seeds) seed\(task.seeds == 1 ? "" : "s")\(reference)"
  }

  private static func table(_ task: TaskResult, _ baseline: String) -> String {
    let hasEqualKL = task.rows.contains { $0.equalKL != nil || $0.outside > 0 }
    var columns: [TextTable.Column] = [
      .left("loss"), .right("\(task.metric) ± s.e."), .right("KL"),
      .left("Δ to \(baseline) [95 %]"),
    ]
    if hasEqualKL { columns.append(.left("Δ at equal KL [95 %]")) }
    var table = TextTable(columns: columns + [.right("p"), .left("verdict")])
    for row in task.rows {
      var cells = [
        row.loss, row.eta.map(Readout.estimate) ?? "", row.kl.map { Readout.kl($0.mean) } ?? "",
        row.difference.map(Readout.difference) ?? "",
      ]
      if hasEqualKL { cells.append(row.equalKL.map(Readout.difference) ?? "") }
      table.add(
        cells + [row.p.map { Readout.fixed($0, decimals: 3) } ?? "", row.words(baseline)])
    }
    return table.text
  }

  private var correlationTable: String {
    var table = TextTable(columns: [
      .left("tasks"), .right("losses"), .left("Spearman's ρ [95 %]"),
      .left("better half of the first"), .left("better half of the second"),
    ])
    for correlation in correlations {
      table.add([
        "\(correlation.first), \(correlation.second)", "\(correlation.all.losses)",
        correlation.all.words, correlation.topOfFirst?.words ?? "",
        correlation.topOfSecond?.words ?? "",
      ])
    }
    return table.text
  }

  /// One row a loss and task, for other programs; empty cells where there is no number.
  public var csv: String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
    var lines = [
      "task,loss,metric,beta,seeds,eta,eta_se,kl,kl_se,delta,delta_low,delta_high,"
        + "equal_kl,equal_kl_low,equal_kl_high,outside,p_holm,verdict,failures"
    ]
    for task in tasks {
      for row in task.rows {
        let cells = [
          quoted(task.name), quoted(row.loss), task.metric, "\(task.beta)",
          "\((row.eta?.n ?? 0) + row.failures.count)", number(row.eta?.mean), number(row.eta?.se),
          number(row.kl?.mean), number(row.kl?.se), number(row.difference?.mean),
          number(row.difference?.low), number(row.difference?.high), number(row.equalKL?.mean),
          number(row.equalKL?.low), number(row.equalKL?.high), "\(row.outside)", number(row.p),
          row.call.rawValue, row.failures.joined(separator: " "),
        ]
        lines.append(cells.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension TransferSummary.Row {
  /// The call in words.
  public func words(_ baseline: String) -> String {
    switch call {
    case .baseline: "baseline"
    case .beats: "beats \(baseline) at equal KL"
    case .fallsBehind: "behind \(baseline) at equal KL"
    case .above: "above \(baseline)"
    case .below: "below \(baseline)"
    case .open: "no difference shown"
    case .outside: "KL outside \(baseline)'s on \(outside) seed\(outside == 1 ? "" : "s")"
    case .noInterval: "one seed: no interval"
    case .failed: failures.first.map { "failed: \($0)" } ?? "not trained yet"
    }
  }
}

extension TaskCorrelation.Rho {
  /// `+0.72 [+0.55, +0.83]`.
  public var words: String {
    Readout.difference(Difference(mean: rho, low: low, high: high))
  }
}
