import Losses

/// What one training of a sweep gave.
public struct SweepEntry: Codable, Hashable, Sendable {
  public var unit: SweepPlan.Unit
  /// A failure is a verdict and has no numbers.
  public var finding: Finding
  /// On held-out data, by name: `reward`, `kl` …; empty after a failure.
  public var metrics: [String: Double]
  /// The reference's own, measured with the noise of the same seed; empty after a failure.
  public var reference: [String: Double]
  public var referenceHash: String
  /// Wall time of checks, training and measurement.
  public var seconds: Double

  public init(
    unit: SweepPlan.Unit, finding: Finding, metrics: [String: Double] = [:],
    reference: [String: Double] = [:], referenceHash: String = "", seconds: Double
  ) {
    self.unit = unit
    self.finding = finding
    self.metrics = metrics
    self.reference = reference
    self.referenceHash = referenceHash
    self.seconds = seconds
  }
}

/// What a sweep's numbers stand on: the first line of its file.
public struct SweepHeader: Codable, Hashable, Sendable {
  /// Of the file's form.
  public var version = 1
  public var plan: SweepPlan
  /// Of the task, see `TrainingTask.configurationDigest`.
  public var taskDigest: String
  public var metric: String
  public var referenceHash: String
  /// What decides the bits of a worker's numbers, see ``Workbench/recordedSettings``.
  public var settings: [String: String]
  public var environment: [String: String]

  public init(
    plan: SweepPlan, taskDigest: String, metric: String, referenceHash: String,
    settings: [String: String], environment: [String: String]
  ) {
    self.plan = plan
    self.taskDigest = taskDigest
    self.metric = metric
    self.referenceHash = referenceHash
    self.settings = settings
    self.environment = environment
  }
}
