import Losses

/// What a transfer trains: losses on several tasks, each beside the baseline with the same seeds.
///
/// On every task each loss is trained at the task's own β. Where completions are judged, the baseline is
/// trained over a grid of β too, so that rewards can be compared at equal KL.
public struct TransferPlan: Codable, Hashable, Sendable {
  public struct Loss: Codable, Hashable, Sendable {
    /// What tables call it.
    public var name: String
    /// Where it is found again: a catalogue name, a path, or a proposal of ``run``.
    public var origin: String
    /// The run that made the proposal; nil for anything else.
    public var run: String?
    /// SHA-256 of its library: a resumed transfer must find the same one.
    public var sha256: String

    public init(name: String, origin: String, run: String? = nil, sha256: String = "") {
      self.name = name
      self.origin = origin
      self.run = run
      self.sha256 = sha256
    }
  }

  public struct Task: Codable, Hashable, Sendable {
    /// As a worker understands it: a built-in name or a task file.
    public var task: String
    /// Seeds 0 to `seeds` − 1.
    public var seeds: Int
    /// What tables call it.
    public var name: String
    /// The name of the metric that is η.
    public var metric: String
    /// The task's own β, in 1/nat.
    public var beta: Double
    /// The KL up to which a frontier counts, in nats; nil where nobody judges completions.
    public var klCap: Double?

    public init(
      task: String, seeds: Int, name: String = "", metric: String = "", beta: Double = 0.1,
      klCap: Double? = nil
    ) {
      self.task = task
      self.seeds = seeds
      self.name = name
      self.metric = metric
      self.beta = beta
      self.klCap = klCap
    }
  }

  /// Of the file's form.
  public var version = 1
  public var baseline: String
  /// The baseline among them.
  public var losses: [Loss]
  public var tasks: [Task]
  /// The β of the baseline's frontier, ascending; empty for no comparison at equal KL.
  public var frontier: [Double]
  /// Losses that were asked for and take no part, and why.
  public var dropped: [Agreement.Dropped]
  /// Threads of a worker, which decide the last bits of the numbers.
  public var threads = 1

  /// The grid of a frontier by default: from far beyond the usual β to policies that hardly move.
  public static let defaultFrontier = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5]

  /// - Throws: `LossmithError` (`usage`) for no losses, no tasks, a task without seeds or given twice, a
  ///   β that is not above 0, or a frontier of too few β.
  public init(
    losses: [Loss], tasks: [Task], frontier: [Double] = Self.defaultFrontier,
    baseline: String = "dpo"
  ) throws(LossmithError) {
    guard !losses.isEmpty else { throw LossmithError(.usage, "A transfer needs a loss.") }
    guard !tasks.isEmpty else {
      throw LossmithError(.usage, "A transfer needs a task.", at: "--to")
    }
    var seen: Set<String> = []
    for task in tasks {
      guard seen.insert(task.task).inserted else {
        throw LossmithError(.usage, "The task \(task.task) is given twice.", at: "--to")
      }
      guard (1...1000).contains(task.seeds) else {
        throw LossmithError(
          .usage, "\(task.task) has \(task.seeds) seeds: give a number from 1 to 1000.",
          at: "--seeds")
      }
    }
    for beta in frontier where !(beta > 0 && beta.isFinite) {
      throw LossmithError(.usage, "\(beta) is not a β above 0.", at: "--frontier")
    }
    guard frontier.isEmpty || Set(frontier).count >= EqualKL.leastPoints else {
      throw LossmithError(
        .usage, "A frontier needs at least \(EqualKL.leastPoints) different β.", at: "--frontier",
        remedy: "Give more of them, or none: --no-frontier.")
    }
    self.baseline = baseline
    self.losses = losses
    self.tasks = tasks
    self.frontier = Set(frontier).sorted()
    dropped = []
  }

  /// The trainings of a task, as a sweep.
  ///
  /// The task's own β is trained once and is a point of the frontier too.
  public func sweep(of task: Task) throws(LossmithError) -> SweepPlan {
    let betas = task.klCap == nil ? [] : frontier.filter { $0 != task.beta }
    return try SweepPlan(
      task: task.task, losses: losses.map(\.name),
      points: betas.map { SweepPlan.Point(beta: $0, seeds: task.seeds) }, ownSeeds: task.seeds,
      pointLosses: [baseline])
  }
}
