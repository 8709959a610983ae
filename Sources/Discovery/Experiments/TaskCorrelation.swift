import Losses

/// How far two tasks put the same losses in the same order by η.
public struct TaskCorrelation: Codable, Hashable, Sendable {
  /// Spearman's ρ over some losses.
  public struct Rho: Codable, Hashable, Sendable {
    public var losses: Int
    public var rho: Double
    /// Ends of the 95 % interval over losses, see ``RankCorrelation/interval(_:pairs:)``.
    public var low: Double?
    public var high: Double?
  }

  public struct Point: Codable, Hashable, Sendable {
    public var loss: String
    public var first: Estimate
    public var second: Estimate
  }

  /// Names of the tasks.
  public var first: String
  public var second: String
  public var firstMetric: String
  public var secondMetric: String
  /// Best on the first task first.
  public var points: [Point]
  public var all: Rho
  /// Within the better half of the first task: does its order hold among those that a search there would
  /// take along? A choice by both tasks together would itself push ρ down.
  public var topOfFirst: Rho?
  /// Within the better half of the second task.
  public var topOfSecond: Rho?
  /// Losses without η on one of the tasks.
  public var missing: [String]

  /// Losses that a correlation needs.
  public static let leastLosses = 5

  /// - Returns: nil for fewer than ``leastLosses`` in common, or when all tie.
  init?(_ first: TransferSummary.TaskResult, _ second: TransferSummary.TaskResult) {
    let others = Dictionary(
      second.rows.compactMap { row in row.eta.map { (row.loss, $0) } }, uniquingKeysWith: { $1 })
    points = first.rows.compactMap { row in
      guard let eta = row.eta, let other = others[row.loss] else { return nil }
      return Point(loss: row.loss, first: eta, second: other)
    }
    guard points.count >= Self.leastLosses, let all = Self.rho(points) else { return nil }
    self.all = all
    let half = (points.count + 1) / 2
    topOfFirst = Self.rho(points.sorted { $0.first.mean > $1.first.mean }.prefix(half))
    topOfSecond = Self.rho(points.sorted { $0.second.mean > $1.second.mean }.prefix(half))
    let common = Set(points.map(\.loss))
    missing = first.rows.map(\.loss).filter { !common.contains($0) }
    self.first = first.name
    self.second = second.name
    firstMetric = first.metric
    secondMetric = second.metric
  }

  private static func rho(_ points: some Collection<Point>) -> Rho? {
    RankCorrelation.spearman(points.map(\.first.mean), points.map(\.second.mean)).map { rho in
      let interval = RankCorrelation.interval(rho, pairs: points.count)
      return Rho(
        losses: points.count, rho: rho, low: interval?.lowerBound, high: interval?.upperBound)
    }
  }
}
