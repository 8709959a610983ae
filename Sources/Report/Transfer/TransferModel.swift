/// Losses on several tasks as their page and pictures need them: plain values, whoever measured them.
public struct TransferModel: Hashable, Sendable {
  /// One loss on one task.
  public struct Row: Hashable, Sendable {
    public var loss: String
    /// nil for a loss that failed.
    public var eta: RunModel.Eta?
    public var kl: RunModel.Eta?
    /// To the baseline, each at the task's own β.
    public var difference: RunModel.Delta?
    /// To what the baseline reaches at the same KL; nil where there is no frontier.
    public var equalKL: RunModel.Delta?
    /// Corrected, one-sided; nil without an interval.
    public var p: Double?
    /// What the numbers say, in words.
    public var verdict: String
    public var isBaseline: Bool

    public init(
      loss: String, eta: RunModel.Eta?, kl: RunModel.Eta?, difference: RunModel.Delta?,
      equalKL: RunModel.Delta?, p: Double?, verdict: String, isBaseline: Bool
    ) {
      self.loss = loss
      self.eta = eta
      self.kl = kl
      self.difference = difference
      self.equalKL = equalKL
      self.p = p
      self.verdict = verdict
      self.isBaseline = isBaseline
    }
  }

  public struct Task: Hashable, Sendable {
    public var name: String
    /// The name of the metric that is η.
    public var metric: String
    public var seeds: Int
    /// In 1/nat.
    public var beta: Double
    /// nil where nobody judges completions.
    public var klCap: Double?
    public var reference: RunModel.Eta?
    public var referenceHash: String
    /// Best η first.
    public var rows: [Row]
    /// Reward and KL of the baseline at each β.
    public var frontier: [RunModel.Tradeoff]

    public init(
      name: String, metric: String, seeds: Int, beta: Double, klCap: Double?,
      reference: RunModel.Eta?, referenceHash: String, rows: [Row], frontier: [RunModel.Tradeoff]
    ) {
      self.name = name
      self.metric = metric
      self.seeds = seeds
      self.beta = beta
      self.klCap = klCap
      self.reference = reference
      self.referenceHash = referenceHash
      self.rows = rows
      self.frontier = frontier
    }
  }

  /// η of the losses that two tasks have in common.
  public struct Correlation: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
      public var loss: String
      public var first: RunModel.Eta
      public var second: RunModel.Eta

      public init(loss: String, first: RunModel.Eta, second: RunModel.Eta) {
        self.loss = loss
        self.first = first
        self.second = second
      }
    }

    /// Names of the tasks, and of their metrics.
    public var first: String
    public var second: String
    public var firstMetric: String
    public var secondMetric: String
    public var points: [Point]
    /// Spearman's ρ with its 95 % interval: over all losses, within the better half of the first task
    /// and of the second.
    public var rho: RunModel.Delta
    public var topOfFirst: RunModel.Delta?
    public var topOfSecond: RunModel.Delta?

    public init(
      first: String, second: String, firstMetric: String, secondMetric: String, points: [Point],
      rho: RunModel.Delta, topOfFirst: RunModel.Delta?, topOfSecond: RunModel.Delta?
    ) {
      self.first = first
      self.second = second
      self.firstMetric = firstMetric
      self.secondMetric = secondMetric
      self.points = points
      self.rho = rho
      self.topOfFirst = topOfFirst
      self.topOfSecond = topOfSecond
    }
  }

  public var title: String
  public var baseline: String
  public var tasks: [Task]
  public var correlations: [Correlation]
  /// Losses that take no part, with the reason.
  public var dropped: [String]
  /// Trainings that are recorded, and those of the whole plan.
  public var done: Int
  public var total: Int
  public var facts: [String: String]

  public init(
    title: String, baseline: String, tasks: [Task], correlations: [Correlation],
    dropped: [String] = [], done: Int, total: Int, facts: [String: String] = [:]
  ) {
    self.title = title
    self.baseline = baseline
    self.tasks = tasks
    self.correlations = correlations
    self.dropped = dropped
    self.done = done
    self.total = total
    self.facts = facts
  }
}
