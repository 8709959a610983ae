import Losses
import Policy

/// The JSON document of `evaluate --json`. Its keys are a promise to scripts.
///
/// ```json
/// {"task": "reviews", "data": null,
///  "environment": {"cpu": "…", "blas_core": "Haswell", "blas_threads": "1", …},
///  "reference": {"hash": "…", "eta": {"metric": "reward", "mean": 0.41, "se": 0.004, "n": 5},
///                "reward": 0.41, "kl": 0, "length": 23.5, "accuracy": 0.5, "winrate": 0.5, …},
///  "results": [
///    {"plugin": "dpo", "verdict": "ok", "message": "", "remedy": "", "warnings": [],
///     "eta": {"metric": "reward", "mean": 0.67, "se": 0.007, "n": 5},
///     "reward": 0.67, "kl": 16.5, "kl_paper": 4.0, "kl_forward": null, "length": 23.1,
///     "accuracy": 0.66, "winrate": 0.81, "se_prompts": 0.01,
///     "delta": {"mean": 0, "low": 0, "high": 0},
///     "seeds": [{"seed": 0, "metrics": {"reward": 0.66, …}, "curve": {"step": [1, …], …}}, …],
///     "seconds": 1.9}]}
/// ```
///
/// Every key is always there, but for a seed's `frontier`, which needs that metric. A number that does
/// not exist is null: all of them for a plug-in that failed, `se`, `low` and `high` for a single seed,
/// a metric that the task does not measure, `delta` without DPO in the same evaluation. NaN and
/// infinities are strings (`JSON`). Nothing but `seconds` differs between two equal runs.
public struct EvaluationDocument: Hashable, Sendable {
  /// The task's name; of a task file, its `name`.
  public var task: String
  /// What became of the rows of the task's data file; null for a task without one.
  public var data: PreferenceReport?
  /// CPU, BLAS core and threads, versions, sandbox layers.
  public var environment: [String: String]
  public var reference: Reference
  /// In the order in which the plug-ins were given.
  public var results: [Result]

  public struct Reference: Hashable, Sendable {
    public var hash: String
    /// With the sampling noise of the same seeds.
    public var eta: Eta?
    /// Means over seeds, keys of their own beside the others.
    public var metrics: MetricValues
  }

  public struct Eta: Hashable, Sendable, Codable {
    public var metric: String
    public var mean: Double
    public var se: Double?
    public var n: Int
  }

  /// The paired difference to DPO with its 95 % interval.
  public struct Delta: Hashable, Sendable, Codable {
    public var mean: Double
    public var low: Double?
    public var high: Double?
  }

  public struct Result: Hashable, Sendable {
    public var plugin: String
    public var verdict: Verdict
    /// Empty for `ok`.
    public var message: String
    public var remedy: String
    public var warnings: [String]
    public var eta: Eta?
    /// Means over seeds, keys of their own beside the others.
    public var metrics: MetricValues
    public var delta: Delta?
    /// Metrics, learning curve and frontier of each seed.
    public var seeds: [SeedOutcome]
    public var seconds: Double
  }
}
