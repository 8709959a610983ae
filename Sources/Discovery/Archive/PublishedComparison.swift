import Foundation
import Losses

/// Our η beside the scores that the proposals of a replayed transcript got where they were found.
public struct PublishedComparison: Hashable, Sendable, Codable {
  public struct Row: Hashable, Sendable, Codable {
    /// Number of the reply in the run, from 1.
    public var candidate: Int
    public var name: String
    /// nil for a proposal that failed there, or that is not told of.
    public var score: Double?
    /// nil for a proposal that was not measured on the task here.
    public var eta: Estimate?
    /// What became of it here, where it has no η.
    public var outcome: String?
  }

  /// In the order of the proposals.
  public var rows: [Row]
  /// Spearman's ρ over the rows that have both numbers; nil for fewer than three of them.
  public var rankCorrelation: Double?
  /// How many rows that were.
  public var compared: Int

  /// - Returns: nil for a run whose replies have no published scores.
  init?(of state: RunState, metric: String) {
    guard state.candidates.contains(where: { $0.reply.publishedScore != nil }) else { return nil }
    rows = state.candidates.map { candidate in
      var row = Row(
        candidate: candidate.index, name: candidate.name ?? "reply \(candidate.index)",
        score: candidate.reply.publishedScore)
      switch state.outcome(of: candidate, metric: metric) {
      case .measured(_, let eta, _): row.eta = eta
      case .stopped(let screening): row.outcome = "stopped at \(screening.stage)"
      case .failed(let finding): row.outcome = finding.verdict.description
      case nil: row.outcome = "on its way"
      }
      return row
    }
    let pairs = rows.compactMap { row in
      row.score.flatMap { score in row.eta.map { (score: score, eta: $0.mean) } }
    }
    compared = pairs.count
    rankCorrelation = RankCorrelation.spearman(pairs.map(\.score), pairs.map(\.eta))
  }

  /// The table that a replay ends with.
  public var table: String {
    var table = TextTable(
      columns: [
        .right("#"), .left("proposal"), .right("published"), .right("η ± s.e."), .left("here"),
      ])
    for row in rows {
      table.add([
        "\(row.candidate)", row.name,
        row.score.map { String(format: "%.3f", $0) } ?? "failed",
        row.eta.map(Self.text) ?? "", row.eta == nil ? row.outcome ?? "" : "ok",
      ])
    }
    let closing =
      rankCorrelation.map {
        String(
          format:
            "Spearman's rank correlation of η with the published scores, over %d losses: %.2f",
          compared, $0)
      }
      ?? "Too few losses have both numbers for a rank correlation: \(compared)."
    return table.text + "\n" + closing
  }

  private static func text(_ eta: Estimate) -> String {
    String(format: "%.4f", eta.mean) + (eta.se.map { String(format: " ± %.4f", $0) } ?? "")
  }
}
