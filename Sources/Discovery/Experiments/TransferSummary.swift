import Losses
import Policy

/// A transfer's numbers: each loss on each task beside the baseline, and how far the tasks agree.
///
/// The seed is the unit: errors are over seeds, differences are paired by seed.
public struct TransferSummary: Codable, Hashable, Sendable {
  /// What the numbers say of a loss on a task.
  public enum Call: String, Codable, Hashable, Sendable {
    case baseline
    /// More reward than the baseline at the same KL: the 95 % interval lies above 0 and Holm's p below
    /// 0.05.
    case beats
    /// The interval at the same KL lies below 0.
    case fallsBehind
    /// The interval of the plain difference lies above 0 and Holm's p below 0.05; there is nothing to
    /// say at equal KL.
    case above
    /// The interval of the plain difference lies below 0.
    case below
    /// Neither: these seeds show no difference.
    case open
    /// On some seeds its KL lies outside of everything that the baseline was trained to.
    case outside
    /// Too few seeds for an interval.
    case noInterval
    case failed
  }

  /// One loss on one task.
  public struct Row: Codable, Hashable, Sendable {
    public var loss: String
    public var eta: Estimate?
    public var kl: Estimate?
    /// η minus the baseline's, each at the task's own β.
    public var difference: Difference?
    /// Reward minus what the baseline reaches at the same KL, see ``EqualKL``; nil where there is no
    /// frontier.
    public var equalKL: Difference?
    /// Seeds whose KL lies outside of those of the baseline's policies: beyond them nothing is known, and
    /// below them only the line to the reference, which the baseline would exceed with a larger β.
    public var outside: Int
    /// One-sided, of the difference that ``call`` is about, corrected over all rows of all tasks (Holm
    /// 1979); nil without one.
    public var p: Double?
    public var call: Call
    /// Verdicts of trainings that failed.
    public var failures: [String]
  }

  public struct TaskResult: Codable, Hashable, Sendable {
    public var task: String
    public var name: String
    public var metric: String
    public var seeds: Int
    public var beta: Double
    public var klCap: Double?
    public var referenceHash: String
    public var environment: [String: String]
    /// The reference's own η.
    public var reference: Estimate?
    /// Best η first; what failed comes last.
    public var rows: [Row]
    /// The baseline's mean reward and KL at each β of its frontier.
    public var frontier: [SweepSummary.Point]
    public var done: Int
    public var total: Int
    public var seconds: Double
  }

  public var baseline: String
  public var tasks: [TaskResult]
  public var dropped: [Agreement.Dropped]
  /// One for each pair of tasks with enough losses in common.
  public var correlations: [TaskCorrelation]

  public var done: Int { tasks.reduce(0) { $0 + $1.done } }
  public var total: Int { tasks.reduce(0) { $0 + $1.total } }

  /// - Parameters:
  ///   - records: of each task of the plan, in order; nil for one that has not begun.
  ///   - totals: trainings of each task.
  public init(
    _ plan: TransferPlan, records: [(header: SweepHeader, entries: [SweepEntry])?], totals: [Int]
  ) {
    baseline = plan.baseline
    dropped = plan.dropped
    var results: [TaskResult] = []
    for (index, task) in plan.tasks.enumerated() {
      let record = records[index]
      let numbers = TaskNumbers(
        record?.entries ?? [], task: task, baseline: plan.baseline,
        hasFrontier: task.klCap != nil && !plan.frontier.isEmpty)
      results.append(
        TaskResult(
          task: task.task, name: task.name, metric: task.metric, seeds: task.seeds,
          beta: task.beta, klCap: task.klCap, referenceHash: record?.header.referenceHash ?? "",
          environment: record?.header.environment ?? [:], reference: numbers.reference,
          rows: plan.losses.map { numbers.row($0.name) }, frontier: numbers.frontier,
          done: record?.entries.count ?? 0, total: totals[index],
          seconds: (record?.entries ?? []).reduce(0) { $0 + $1.seconds }))
    }
    tasks = Self.called(results)
    correlations = []
    for (index, first) in tasks.enumerated() {
      for second in tasks.dropFirst(index + 1) {
        if let correlation = TaskCorrelation(first, second) { correlations.append(correlation) }
      }
    }
  }

  /// Corrects the p of all rows together, and says what follows.
  private static func called(_ results: [TaskResult]) -> [TaskResult] {
    var corrected = Statistics.holm(results.flatMap { $0.rows.compactMap(\.p) })[...]
    return results.map { result in
      var result = result
      for index in result.rows.indices {
        if result.rows[index].p != nil { result.rows[index].p = corrected.removeFirst() }
        result.rows[index].call = result.rows[index].judged
      }
      result.rows.sort { first, second in
        switch (first.eta?.mean, second.eta?.mean) {
        case (let a?, let b?): a > b || (a == b && first.loss < second.loss)
        case (nil, nil): false
        case (let a, _): a != nil
        }
      }
      return result
    }
  }
}

extension TransferSummary.Row {
  /// What the numbers say, p being corrected; rows whose call is settled keep it.
  fileprivate var judged: TransferSummary.Call {
    guard call == .open else { return call }
    if outside > 0 { return .outside }
    guard let shown = equalKL ?? difference, let low = shown.low, let high = shown.high else {
      return .noInterval
    }
    let isAtEqualKL = equalKL != nil
    if low > 0, let p, p < 0.05 { return isAtEqualKL ? .beats : .above }
    return high < 0 ? (isAtEqualKL ? .fallsBehind : .below) : .open
  }
}

/// The entries of one task by loss and seed.
private struct TaskNumbers {
  let task: TransferPlan.Task
  let baseline: String
  let hasFrontier: Bool
  /// Trainings at the task's own β.
  private var own: [String: [SweepEntry]] = [:]
  /// The baseline's policies of each seed.
  private var frontiers: [UInt64: [FrontierPoint]] = [:]
  private var floors: [UInt64: Double] = [:]
  private(set) var reference: Estimate?
  private(set) var frontier: [SweepSummary.Point] = []

  init(
    _ entries: [SweepEntry], task: TransferPlan.Task, baseline: String, hasFrontier: Bool
  ) {
    self.task = task
    self.baseline = baseline
    self.hasFrontier = hasFrontier
    var references: [UInt64: Double] = [:]
    var points: [Double: [SweepEntry]] = [:]
    for entry in entries {
      if entry.unit.beta == nil { own[entry.unit.loss, default: []].append(entry) }
      floors[entry.unit.seed] = floors[entry.unit.seed] ?? entry.reference["reward"]
      references[entry.unit.seed] = references[entry.unit.seed] ?? entry.reference[task.metric]
      guard entry.unit.loss == baseline, let reward = entry.metrics["reward"],
        let kl = entry.metrics["kl"], reward.isFinite, kl.isFinite
      else { continue }
      let beta = entry.unit.beta ?? task.beta
      frontiers[entry.unit.seed, default: []].append(
        FrontierPoint(beta: beta, reward: reward, kl: kl))
      points[beta, default: []].append(entry)
    }
    for loss in own.keys { own[loss]?.sort { $0.unit.seed < $1.unit.seed } }
    let values = references.keys.sorted().compactMap { references[$0] }
    reference =
      values.isEmpty ? nil : Statistics.estimate(metric: task.metric, values: values)
    frontier = points.keys.sorted().map { beta in
      let entries = (points[beta] ?? []).sorted { $0.unit.seed < $1.unit.seed }
      func estimate(_ metric: String) -> Estimate? {
        Statistics.estimate(metric: metric, values: entries.compactMap { $0.metrics[metric] })
      }
      return SweepSummary.Point(
        beta: beta, reward: estimate("reward"), kl: estimate("kl"), failures: [])
    }
  }

  /// With p as it is, uncorrected.
  func row(_ loss: String) -> TransferSummary.Row {
    let entries = own[loss] ?? []
    func estimate(_ metric: String) -> Estimate? {
      let values = entries.compactMap { $0.metrics[metric] }.filter(\.isFinite)
      return values.isEmpty ? nil : Statistics.estimate(metric: metric, values: values)
    }
    var row = TransferSummary.Row(
      loss: loss, eta: estimate(task.metric), kl: estimate("kl"), outside: 0, call: .open,
      failures: entries.filter { !$0.finding.verdict.isOK }.map { "\($0.finding.verdict)" })
    if loss == baseline {
      row.call = row.failures.isEmpty ? .baseline : .failed
      return row
    }
    guard row.failures.isEmpty, row.eta != nil else {
      row.call = .failed
      // A loss that failed on a seed has no η: its other seeds would be a choice of the luckier ones.
      row.eta = nil
      row.kl = nil
      return row
    }
    let base = Dictionary(
      (own[baseline] ?? []).map { ($0.unit.seed, $0.metrics) }, uniquingKeysWith: { $1 })
    let pairs = entries.compactMap { entry in
      entry.metrics[task.metric].flatMap { mine in
        base[entry.unit.seed]?[task.metric].map { (mine, $0) }
      }
    }
    if !pairs.isEmpty {
      row.difference = Statistics.pairedDifference(pairs.map(\.0), pairs.map(\.1))
    }
    guard hasFrontier else {
      row.p = Statistics.pValue(above: pairs.map { $0.0 - $0.1 })
      return row
    }
    var advantages = EqualKL.Advantages()
    for entry in entries {
      guard let reward = entry.metrics["reward"], let kl = entry.metrics["kl"],
        let points = frontiers[entry.unit.seed], points.count >= EqualKL.leastPoints
      else { continue }
      if points.contains(where: { $0.kl <= kl }),
        let reach = EqualKL.reach(at: kl, on: points, origin: floors[entry.unit.seed])
      {
        advantages.append(reward, beside: reach)
      } else {
        row.outside += 1
      }
    }
    if !advantages.isEmpty, row.outside == 0 {
      row.equalKL = advantages.difference
      row.p = advantages.p
    }
    return row
  }
}
