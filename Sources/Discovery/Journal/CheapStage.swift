import Losses

/// A task that costs milliseconds, on which a candidate must learn something before the costly task
/// is spent on it.
public struct CheapStage: Hashable, Sendable, Codable {
  public var task: String
  /// Content hash of the task with all its settings.
  public var taskDigest: String
  /// The metric that is η there.
  public var metric: String
  public var seeds: [UInt64]
  /// η of the policy that every training there starts from.
  public var reference: Double

  public init(
    task: String, taskDigest: String, metric: String, seeds: [UInt64], reference: Double
  ) {
    self.task = task
    self.taskDigest = taskDigest
    self.metric = metric
    self.seeds = seeds
    self.reference = reference
  }

  /// What the stage says of a record.
  ///
  /// A candidate passes when the 95 % Student interval of η minus the reference's η, over the stage's
  /// seeds, lies above 0: when it is shown to have learned something. One seed has no interval; its
  /// difference alone must be above 0. What a candidate does wrong there (a crash, NaN …) keeps its own
  /// verdict, and is a failure as it is on the task.
  public func result(of record: EvaluationRecord) -> JournalEvent.Screening {
    let values = record.seeds.compactMap { $0.metrics[metric] }
    guard record.finding.verdict.isOK, !values.isEmpty else {
      return .init(stage: task, record: record, eta: nil, gain: nil, passed: false)
    }
    let gain = Statistics.pairedDifference(
      values, [Double](repeating: reference, count: values.count))
    return .init(
      stage: task, record: record, eta: Statistics.estimate(metric: metric, values: values),
      gain: gain, passed: (gain.low ?? gain.mean) > 0)
  }
}

extension JournalEvent {
  /// What a loss did on the cheap stage.
  public struct Screening: Hashable, Sendable, Codable {
    /// The task of the stage.
    public var stage: String
    public var record: EvaluationRecord
    /// nil when the record has another verdict than `ok`.
    public var eta: Estimate?
    /// η minus that of the policy that training starts from.
    public var gain: Difference?
    /// Whether the costly task is spent on a candidate. Baselines are measured whatever it says.
    public var passed: Bool

    /// Whether the loss was trained there without fault, and learned nothing or the wrong way.
    public var isStop: Bool { record.finding.verdict.isOK && !passed }

    /// What was seen, a sentence or two for people and models.
    public var sentence: String {
      guard let eta, let gain else { return record.finding.message }
      let verb =
        (gain.high ?? gain.mean) < 0
        ? "lies below 0: there the loss trains the wrong way round"
        : "does not lie above 0: there the loss is not seen to teach anything"
      let seeds = eta.n == 1 ? "one seed" : "\(eta.n) seeds"
      return "On the cheap stage \(stage) its \(eta.metric) is \(Readout.estimate(eta)) over"
        + " \(seeds). The difference to the policy that training starts from,"
        + " \(Readout.difference(gain)), \(verb)."
    }
  }
}
