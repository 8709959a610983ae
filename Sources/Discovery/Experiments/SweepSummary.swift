import Losses
import Policy

/// A sweep's numbers, loss by loss.
///
/// The seed is the unit: errors are over seeds, differences are paired by seed.
public struct SweepSummary: Codable, Hashable, Sendable {
  /// What one loss gave at one β.
  public struct Point: Codable, Hashable, Sendable {
    /// In 1/nat; null for a loss without β.
    public var beta: Double?
    public var reward: Estimate?
    /// Where the task measures it.
    public var accuracy: Estimate?
    /// KL(policy ‖ reference) of a sequence, in nats.
    public var kl: Estimate?
    /// What the paper plots, in nats a token.
    public var klPaper: Estimate?
    /// Trainings that failed, as verdicts.
    public var failures: [String]
    /// Reward minus the baseline's at the same KL, see ``EqualKL/Advantages``; null
    /// where the baseline never reaches that KL, and for the baseline.
    public var advantage: Difference?
  }

  /// One loss over all β.
  public struct Curve: Codable, Hashable, Sendable {
    public var loss: String
    public var points: [Point]
    /// The corners of the upper hull of the mean points, the reference at KL 0 included, by rising KL;
    /// see ``EqualKL/frontier(_:origin:)``. Empty where nothing has a reward.
    public var frontier: [FrontierPoint]
    /// Area dominated in the plane of KL and reward, see `Hypervolume`, from the seeds that have every
    /// β of the grid.
    public var hypervolume: Estimate?
    /// Hypervolume minus the baseline's, paired by seed.
    public var hypervolumeDifference: Difference?
    public var seconds: Double
    /// The verdict of a loss that was refused before its first training; null for the others.
    public var failure: String?
  }

  public var task: String
  public var metric: String
  public var referenceHash: String
  public var environment: [String: String]
  public var baseline: String
  /// In nats.
  public var klCap: Double
  public var reference: Estimate?
  /// In the order of the plan.
  public var curves: [Curve]
  public var done: Int
  public var total: Int
  public var seconds: Double

  /// - Parameters:
  ///   - klCap: where the hypervolume ends, in nats.
  ///   - total: trainings of the whole plan.
  ///   - refused: verdicts of losses that could not be begun, by their names in the plan.
  public init(
    header: SweepHeader, entries: [SweepEntry], total: Int, baseline: String = "dpo", klCap: Double,
    refused: [String: Verdict] = [:]
  ) {
    let groups = Groups(entries)
    task = header.plan.task
    metric = header.metric
    referenceHash = header.referenceHash
    environment = header.environment
    self.baseline = baseline
    self.klCap = klCap
    let floors = groups.floors
    reference =
      floors.isEmpty
      ? nil
      : Statistics.estimate(
        metric: "reward", values: floors.keys.sorted().compactMap { floors[$0] })
    let base = groups.frontiers(of: baseline)
    let origin = reference?.mean
    curves = header.plan.losses.map { loss in
      let points = groups.betas(of: loss).map { beta in
        groups.point(loss, beta, isBaseline: loss == baseline, baseline: base, floors: floors)
      }
      let places = points.compactMap { point in
        point.reward.flatMap { reward in
          point.kl.map { FrontierPoint(beta: point.beta, reward: reward.mean, kl: $0.mean) }
        }
      }
      return Curve(
        loss: header.plan.label(of: loss, baseline: baseline), points: points,
        frontier: places.isEmpty ? [] : EqualKL.frontier(places, origin: origin),
        hypervolume: Self.estimate(groups.hypervolumes(of: loss, cap: klCap)),
        hypervolumeDifference: loss == baseline
          ? nil
          : Self.difference(
            groups.hypervolumes(of: loss, cap: klCap),
            groups.hypervolumes(of: baseline, cap: klCap)),
        seconds: groups.seconds(of: loss), failure: refused[loss].map { "\($0)" })
    }
    done = entries.count
    self.total = total
    seconds = entries.reduce(0) { $0 + $1.seconds }
  }

  private static func estimate(_ values: [UInt64: Double]) -> Estimate? {
    values.isEmpty
      ? nil
      : Statistics.estimate(
        metric: "hypervolume", values: values.keys.sorted().compactMap { values[$0] })
  }

  private static func difference(
    _ first: [UInt64: Double], _ second: [UInt64: Double]
  ) -> Difference? {
    let seeds = first.keys.filter { second[$0] != nil }.sorted()
    guard !seeds.isEmpty else { return nil }
    return Statistics.pairedDifference(
      seeds.compactMap { first[$0] }, seeds.compactMap { second[$0] })
  }
}

/// The entries of a sweep by loss, β and seed.
private struct Groups {
  private var byLoss: [String: [SweepEntry]]
  /// The reference's reward with each seed.
  let floors: [UInt64: Double]

  init(_ entries: [SweepEntry]) {
    byLoss = Dictionary(grouping: entries, by: \.unit.loss)
    floors = Dictionary(
      entries.compactMap { entry in entry.reference["reward"].map { (entry.unit.seed, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  func betas(of loss: String) -> [Double?] {
    Set((byLoss[loss] ?? []).map(\.unit.beta)).sorted { ($0 ?? 0) < ($1 ?? 0) }
  }

  func seconds(of loss: String) -> Double {
    (byLoss[loss] ?? []).reduce(0) { $0 + $1.seconds }
  }

  /// The points of each seed.
  func frontiers(of loss: String) -> [UInt64: [FrontierPoint]] {
    var frontiers: [UInt64: [FrontierPoint]] = [:]
    for entry in byLoss[loss] ?? [] {
      guard let reward = entry.metrics["reward"], let kl = entry.metrics["kl"] else { continue }
      frontiers[entry.unit.seed, default: []].append(
        FrontierPoint(beta: entry.unit.beta, reward: reward, kl: kl))
    }
    return frontiers
  }

  /// The area of each seed that has as many trainings, failed ones included, as the seed with most.
  func hypervolumes(of loss: String, cap: Double) -> [UInt64: Double] {
    let entries = byLoss[loss] ?? []
    let counts = Dictionary(grouping: entries, by: \.unit.seed).mapValues(\.count)
    // The far β have fewer seeds: the area is taken over the β that most seeds have.
    let grid = commonBetas(entries, seeds: counts.count)
    return frontiers(of: loss).reduce(into: [:]) { areas, item in
      let (seed, points) = item
      let trained = Set(entries.filter { $0.unit.seed == seed }.map(\.unit.beta))
      guard grid.isSubset(of: trained), let floor = floors[seed] else { return }
      areas[seed] = Hypervolume.area(
        points.filter { grid.contains($0.beta) }, cap: cap, floor: floor)
    }
  }

  /// The β that the largest number of seeds has.
  private func commonBetas(_ entries: [SweepEntry], seeds: Int) -> Set<Double?> {
    let counts = Dictionary(grouping: entries, by: \.unit.beta).mapValues(\.count)
    let most = counts.values.max() ?? 0
    return Set(counts.filter { $0.value == most }.keys)
  }

  func point(
    _ loss: String, _ beta: Double?, isBaseline: Bool, baseline: [UInt64: [FrontierPoint]],
    floors: [UInt64: Double]
  ) -> SweepSummary.Point {
    let entries = (byLoss[loss] ?? []).filter { $0.unit.beta == beta }
      .sorted { $0.unit.seed < $1.unit.seed }
    func estimate(_ metric: String) -> Estimate? {
      let values = entries.compactMap { $0.metrics[metric] }
      return values.isEmpty ? nil : Statistics.estimate(metric: metric, values: values)
    }
    var advantages = EqualKL.Advantages()
    if !isBaseline {
      for entry in entries {
        guard let reward = entry.metrics["reward"], let kl = entry.metrics["kl"],
          let floor = floors[entry.unit.seed],
          let reach = EqualKL.reach(
            at: kl, on: baseline[entry.unit.seed] ?? [], origin: floor)
        else { continue }
        advantages.append(reward, beside: reach)
      }
    }
    let measured = entries.filter { $0.metrics["reward"] != nil }.count
    return SweepSummary.Point(
      beta: beta, reward: estimate("reward"), accuracy: estimate("accuracy"), kl: estimate("kl"),
      klPaper: estimate("kl_paper"),
      failures: entries.filter { !$0.finding.verdict.isOK }.map { "\($0.finding.verdict)" },
      advantage: advantages.estimates.count < measured ? nil : advantages.difference)
  }
}
