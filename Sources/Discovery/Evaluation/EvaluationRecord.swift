import Losses
import Policy

/// A metric's mean over seeds with its standard error.
public struct Estimate: Hashable, Sendable, Codable {
  /// `reward`, `winrate`, `accuracy` or `frontier`.
  public var metric: String
  public var mean: Double
  /// sd over seeds / √n; nil (JSON null) for n = 1.
  public var se: Double?
  /// Seeds.
  public var n: Int

  public init(metric: String, mean: Double, se: Double?, n: Int) {
    self.metric = metric
    self.mean = mean
    self.se = se
    self.n = n
  }
}

/// A difference of two losses paired by seed, with its Student-t interval (n − 1 degrees).
public struct Difference: Hashable, Sendable, Codable {
  public var mean: Double
  /// Ends of the 95 % interval; nil for n = 1.
  public var low: Double?
  public var high: Double?

  public init(mean: Double, low: Double?, high: Double?) {
    self.mean = mean
    self.low = low
    self.high = high
  }
}

/// What one seed gave.
///
/// In JSON a curve or a frontier that is not there is left out, as records of older programs have it.
public struct SeedOutcome: Hashable, Sendable, Codable {
  public var seed: UInt64
  /// By name: `reward`, `kl`, `kl_paper`, `accuracy` …
  public var metrics: [String: Double]
  /// How the training went; nil for a reference, which is not trained.
  public var curve: LearningCurve?
  /// The policies of the β grid that `frontier` was computed from; nil for other metrics.
  public var frontier: [FrontierPoint]?

  public init(
    seed: UInt64, metrics: [String: Double], curve: LearningCurve? = nil,
    frontier: [FrontierPoint]? = nil
  ) {
    self.seed = seed
    self.metrics = metrics
    self.curve = curve
    self.frontier = frontier
  }
}

/// What became of one plug-in in an evaluation.
///
/// A plug-in that failed has a finding and no numbers: a failure is never a score.
public struct EvaluationRecord: Hashable, Sendable, Codable {
  public var plugin: String
  public var finding: Finding
  /// Content hash of the reference policy that the numbers belong to.
  public var referenceHash: String
  /// Finished seeds, in the order of their numbers; empty after a failure.
  public var seeds: [SeedOutcome]
  /// Warnings of the checks.
  public var warnings: [String]
  /// Time of checks and training; where workers share the seeds, that of all together.
  public var seconds: Double

  public init(
    plugin: String, finding: Finding, referenceHash: String, seeds: [SeedOutcome],
    warnings: [String] = [], seconds: Double
  ) {
    self.plugin = plugin
    self.finding = finding
    self.referenceHash = referenceHash
    self.seeds = seeds
    self.warnings = warnings
    self.seconds = seconds
  }
}
