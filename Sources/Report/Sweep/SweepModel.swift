/// A sweep over β as its page and pictures need it: plain values, whoever measured them.
public struct SweepModel: Hashable, Sendable {
  /// What one loss gave at one β.
  public struct Point: Hashable, Sendable {
    /// In 1/nat; nil for a loss without β.
    public var beta: Double?
    /// nil where every training failed.
    public var value: RunModel.Eta?
    /// KL(policy ‖ reference) of a sequence, in nats.
    public var kl: RunModel.Eta?
    /// Difference to the baseline at equal KL.
    public var advantage: RunModel.Delta?
    /// Verdicts of trainings that failed.
    public var failures: [String]

    public init(
      beta: Double?, value: RunModel.Eta?, kl: RunModel.Eta?, advantage: RunModel.Delta? = nil,
      failures: [String] = []
    ) {
      self.beta = beta
      self.value = value
      self.kl = kl
      self.advantage = advantage
      self.failures = failures
    }
  }

  /// A corner of a frontier.
  public struct Corner: Hashable, Sendable {
    public var kl: Double
    public var value: Double

    public init(kl: Double, value: Double) {
      self.kl = kl
      self.value = value
    }
  }

  /// One loss over all β.
  public struct Curve: Hashable, Sendable {
    public var loss: String
    /// By rising β.
    public var points: [Point]
    /// By rising KL, the reference first: what the loss reaches, mixtures of two of its policies
    /// included. Empty where there is none.
    public var frontier: [Corner]
    public var hypervolume: RunModel.Eta?
    public var hypervolumeDifference: RunModel.Delta?
    /// The verdict of a loss that was refused before its first training; it has no points then.
    public var failure: String?

    public init(
      loss: String, points: [Point], frontier: [Corner], hypervolume: RunModel.Eta? = nil,
      hypervolumeDifference: RunModel.Delta? = nil, failure: String? = nil
    ) {
      self.loss = loss
      self.points = points
      self.frontier = frontier
      self.hypervolume = hypervolume
      self.hypervolumeDifference = hypervolumeDifference
      self.failure = failure
    }
  }

  public var title: String
  public var task: String
  /// What is drawn upwards: `reward`, or `accuracy` where nobody judges completions.
  public var metric: String
  public var baseline: String
  /// Where the hypervolume ends, in nats.
  public var klCap: Double
  /// The reference's own value, at KL 0.
  public var reference: RunModel.Eta?
  /// In the order of the plan.
  public var curves: [Curve]
  /// Trainings that are recorded, and those of the whole plan.
  public var done: Int
  public var total: Int
  /// Machine, hashes: what a reader needs to do it again.
  public var facts: [String: String]

  public init(
    title: String, task: String, metric: String, baseline: String, klCap: Double,
    reference: RunModel.Eta?, curves: [Curve], done: Int, total: Int, facts: [String: String] = [:]
  ) {
    self.title = title
    self.task = task
    self.metric = metric
    self.baseline = baseline
    self.klCap = klCap
    self.reference = reference
    self.curves = curves
    self.done = done
    self.total = total
    self.facts = facts
  }
}
