import Losses
import Policy

/// The JSON document of `train`: `metrics.json` in the policy's folder, and what `--json` prints.
///
/// A metric that the task does not measure is null. Nothing but `seconds` differs between two equal
/// trainings.
public struct TrainingDocument: Codable, Sendable {
  public struct Eta: Codable, Sendable, Hashable {
    public var metric: String
    public var value: Double
  }
  public var plugin: String
  public var task: String
  public var seed: UInt64
  /// What became of the rows of the task's data file; left out for a task without one.
  public var data: PreferenceReport?
  /// The values that the loss was called with.
  public var tunables: [String: Double]
  public var environment: [String: String]
  public var reference: Reference
  public var eta: Eta?
  /// Of the policy, on held-out data.
  public var metrics: MetricValues
  /// Warnings of the checks.
  public var warnings: [String]
  public var curve: LearningCurve
  /// SHA-256 of the parameters.
  public var parameters: String
  /// Numbers that were trained: the adapter's, else all of the policy's.
  public var trained: Int
  /// Null when everything was trained.
  public var lora: LoRASettings?
  public var seconds: Double

  public struct Reference: Codable, Sendable, Hashable {
    public var hash: String
    /// With the noise of the same seed.
    public var metrics: MetricValues
  }

  public init(
    _ reply: TrainJob.Reply, plugin: String, task: String, seed: UInt64,
    data: PreferenceReport? = nil
  ) {
    self.plugin = plugin
    self.task = task
    self.seed = seed
    self.data = data
    tunables = reply.tunables
    environment = reply.environment
    reference = Reference(
      hash: reply.referenceHash, metrics: MetricValues { reply.reference[$0] })
    eta = reply.metrics[reply.etaMetric].map { Eta(metric: reply.etaMetric, value: $0) }
    metrics = MetricValues { reply.metrics[$0] }
    warnings = reply.warnings
    curve = reply.curve
    parameters = reply.parameters
    trained = reply.trained
    lora = reply.lora
    seconds = reply.seconds
  }
}
