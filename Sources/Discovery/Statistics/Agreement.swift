import Losses

/// How far η orders losses the same way on two disjoint sets of seeds: what a ranking is worth.
public struct Agreement: Hashable, Sendable, Codable {
  public struct Row: Hashable, Sendable, Codable {
    public var name: String
    /// On the first and on the second set.
    public var first: Estimate
    public var second: Estimate
  }

  /// A loss that takes no part, and why.
  public struct Dropped: Hashable, Sendable, Codable {
    public var name: String
    public var reason: String

    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  public struct Point: Hashable, Sendable, Codable {
    /// Seeds of a set.
    public var seeds: Int
    /// nil for fewer than three losses, or when all tie.
    public var rho: Double?
    /// Within the better half, by the mean over both sets of all seeds.
    public var rhoTopHalf: Double?
  }

  /// Best mean over both sets first.
  public var rows: [Row]
  public var dropped: [Dropped]
  /// Seeds of each set.
  public var seeds: Int
  public var rho: Double?
  public var rhoTopHalf: Double?
  /// Seeds of a set that would bring ρ to ``goal``, by the Spearman-Brown formula; nil for ρ ≤ 0.
  public var seedsNeeded: Int?
  public var seedsNeededTopHalf: Int?
  /// With the first 1, 2 … seeds of each set.
  public var bySeeds: [Point]

  /// The ρ that a ranking is wanted to have.
  public static let goal = 0.9

  /// - Parameters:
  ///   - records: of losses that trained to the end, each with all seeds.
  ///   - seeds: of each set; what is missing in a record drops its loss.
  public init(
    of records: [EvaluationRecord], metric: String, first: [UInt64], second: [UInt64],
    dropped: [Dropped] = []
  ) {
    var entries: [(name: String, first: [Double], second: [Double])] = []
    var left = dropped
    for record in records {
      func values(_ seeds: [UInt64]) -> [Double]? {
        let values = seeds.compactMap { seed in
          record.seeds.first { $0.seed == seed }?.metrics[metric]
        }
        return values.count == seeds.count ? values : nil
      }
      guard record.finding.verdict.isOK else {
        left.append(.init(name: record.plugin, reason: "\(record.finding.verdict)"))
        continue
      }
      guard let mine = values(first), let others = values(second), !mine.isEmpty else {
        left.append(.init(name: record.plugin, reason: "not all seeds were trained"))
        continue
      }
      entries.append((record.plugin, mine, others))
    }
    func mean(_ entry: (name: String, first: [Double], second: [Double])) -> Double {
      Statistics.mean(entry.first + entry.second)
    }
    entries.sort { (mean($1), $0.name) < (mean($0), $1.name) }
    rows = entries.map {
      Row(
        name: $0.name, first: Statistics.estimate(metric: metric, values: $0.first),
        second: Statistics.estimate(metric: metric, values: $0.second))
    }
    self.dropped = left
    seeds = first.count
    let top = entries.prefix((entries.count + 1) / 2)
    func correlation(
      _ entries: some Sequence<(name: String, first: [Double], second: [Double])>, _ n: Int
    )
      -> Double?
    {
      RankCorrelation.spearman(
        entries.map { Statistics.mean(Array($0.first.prefix(n))) },
        entries.map { Statistics.mean(Array($0.second.prefix(n))) })
    }
    let points = (0..<first.count).map {
      Point(seeds: $0 + 1, rho: correlation(entries, $0 + 1), rhoTopHalf: correlation(top, $0 + 1))
    }
    bySeeds = points
    self.rho = points.last?.rho
    rhoTopHalf = points.last?.rhoTopHalf
    func needed(_ rho: Double?) -> Int? {
      rho.flatMap { RankCorrelation.spearmanBrown($0, goal: Self.goal) }
        .map { max(1, Int(($0 * Double(first.count)).rounded(.up))) }
    }
    seedsNeeded = needed(rho)
    seedsNeededTopHalf = needed(rhoTopHalf)
  }

  /// Both estimates of each loss, then what they say.
  public var text: String {
    var table = TextTable(
      columns: [.left("loss"), .right("η, first seeds"), .right("η, other seeds")])
    for row in rows {
      table.add([row.name, Readout.estimate(row.first), Readout.estimate(row.second)])
    }
    var lines = [table.text]
    if !dropped.isEmpty {
      let words = dropped.map { "\($0.name) (\($0.reason))" }
      lines.append("Left out: \(words.joined(separator: ", ")).")
    }
    lines.append(Self.sentence("all \(rows.count) losses", rho, seeds, seedsNeeded))
    lines.append(
      Self.sentence("the better \((rows.count + 1) / 2)", rhoTopHalf, seeds, seedsNeededTopHalf))
    if bySeeds.count > 1 {
      let points = bySeeds.map { point in
        let top = point.rhoTopHalf.map { " (\(Readout.fixed($0, decimals: 3)))" } ?? ""
        let rho = point.rho.map { Readout.fixed($0, decimals: 3) } ?? "none"
        return "\(point.seeds): \(rho)\(top)"
      }
      lines.append("ρ by seeds a side (within the better half): \(points.joined(separator: ", ")).")
    }
    return lines.joined(separator: "\n")
  }

  private static func sentence(_ which: String, _ rho: Double?, _ seeds: Int, _ needed: Int?)
    -> String
  {
    guard let rho else { return "Over \(which) there is no rank correlation to tell." }
    let value = Readout.fixed(rho, decimals: 3)
    let wanted = Readout.fixed(goal, decimals: 1)
    let end =
      rho >= goal
      ? "at least \(wanted)."
      : needed.map { "\(wanted) would need about \($0) seeds (Spearman-Brown)." }
        ?? "no number of seeds is known to bring it to \(wanted)."
    return "Spearman's ρ over \(which), \(seeds) seeds a side: \(value); \(end)"
  }
}
