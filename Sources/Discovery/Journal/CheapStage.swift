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
  /// Of the losses that the stage measured last, those that may go on; nil for all that learn.
  public var share: Double?

  /// How many losses, the one in question included, ``share`` is of.
  public static let window = 20

  public init(
    task: String, taskDigest: String, metric: String, seeds: [UInt64], reference: Double,
    share: Double? = nil
  ) {
    self.task = task
    self.taskDigest = taskDigest
    self.metric = metric
    self.seeds = seeds
    self.reference = reference
    self.share = share
  }

  /// What the stage says of a record.
  ///
  /// A candidate passes when the 95 % Student interval of η minus the reference's η, over the stage's
  /// seeds, lies above 0: when it is shown to have learned something. One seed has no interval; its
  /// difference alone must be above 0. What a candidate does wrong there (a crash, NaN …) keeps its own
  /// verdict, and is a failure as it is on the task.
  ///
  /// With a ``share`` it must besides be among the best, by the mean of η, of itself and the up to
  /// ``window`` − 1 losses that the stage measured before it: among the best ⌈share · n⌉ of n. Of equal
  /// means the earlier one is better. So the bar rises with the search, and each step of the bar is a
  /// function of the journal.
  ///
  /// - Parameter earlier: what the stage said of baselines and earlier candidates, in their order.
  public func result(
    of record: EvaluationRecord, after earlier: [JournalEvent.Screening] = []
  ) -> JournalEvent.Screening {
    let values = record.seeds.compactMap { $0.metrics[metric] }
    guard record.finding.verdict.isOK, !values.isEmpty else {
      return .init(stage: task, record: record, eta: nil, gain: nil, passed: false)
    }
    let gain = Statistics.pairedDifference(
      values, [Double](repeating: reference, count: values.count))
    let eta = Statistics.estimate(metric: metric, values: values)
    let hasLearned = (gain.low ?? gain.mean) > 0
    let standing = hasLearned ? standing(of: eta.mean, after: earlier) : nil
    return .init(
      stage: task, record: record, eta: eta, gain: gain,
      passed: hasLearned && standing.map { $0.place <= $0.room } ?? true, standing: standing)
  }

  private func standing(
    of mean: Double, after earlier: [JournalEvent.Screening]
  ) -> JournalEvent.Screening.Standing? {
    guard let share else { return nil }
    let others = earlier.compactMap(\.eta?.mean).suffix(Self.window - 1)
    let count = others.count + 1
    return .init(
      place: 1 + others.count { $0 >= mean }, count: count,
      room: max(1, Int((share * Double(count)).rounded(.up))))
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
    /// Among the losses measured just before it; nil where all that learn go on, and for one that
    /// did not learn.
    public var standing: Standing?

    /// A place by η among some losses of the stage.
    public struct Standing: Hashable, Sendable, Codable {
      /// From 1.
      public var place: Int
      /// Losses, this one included.
      public var count: Int
      /// The last place that goes on.
      public var room: Int
    }

    /// Whether the loss was trained there without fault and goes no further: it learned nothing,
    /// learned the wrong way, or others learned more.
    public var isStop: Bool { record.finding.verdict.isOK && !passed }

    /// Whether it is such a stop of a loss that learned: others learned more.
    public var isOutranked: Bool { isStop && standing != nil }

    /// What was seen, a sentence or two for people and models.
    public var sentence: String {
      guard let eta, let gain else { return record.finding.message }
      if let standing, !passed {
        return "On the cheap stage \(stage) its \(eta.metric) is \(Readout.estimate(eta)): place"
          + " \(standing.place) of the latest \(standing.count) losses there, of which the best"
          + " \(standing.room) are trained on the task."
      }
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
