import Discovery
import Losses
import Report

extension RunPages {
  /// The finalists of a run for its page; nil where nothing was confirmed.
  static func closing(of summary: RunSummary) -> RunModel.Closing? {
    guard let finalists = summary.finalists,
      finalists.contains(where: { $0.confirmed != nil || !$0.finding.verdict.isOK })
    else { return nil }
    // As in the table of the terminal.
    let hasUntold = finalists.contains { $0.untold != nil }
    let rows = finalists.map { row in
      RunModel.Finalist(
        name: row.name, candidate: row.candidate, search: eta(row.search),
        confirmed: row.confirmed.map(eta),
        verdict: row.finding.verdict.isOK ? nil : row.finding.verdict,
        delta: row.confirmedDelta.map(delta), holm: row.holm,
        atEqualKL: row.atEqualKL.map(delta), equalKLHolm: row.equalKLHolm,
        outside: row.outside ?? 0, beats: row.beats,
        untold: (hasUntold ? [row.untold.map(eta)] : [])
          + (summary.hiddenMetric == nil ? [] : [row.hidden.map(eta)]),
        isFormer: row.isFormer ?? false)
    }
    return RunModel.Closing(
      finalists: rows,
      untold: (hasUntold ? ["\(summary.metric), untold prompts"] : [])
        + (summary.hiddenMetric.map { [RunSummary.title(ofHidden: $0)] } ?? []),
      sentences: summary.verdictSentences)
  }
}
