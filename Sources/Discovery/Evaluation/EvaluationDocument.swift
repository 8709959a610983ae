import Losses

/// The JSON document of `evaluate --json`. Its keys are a promise to scripts.
///
/// ```json
/// {"task": "bandit",
///  "environment": {"cpu": "…", "core": "Haswell", "threads": "1", …},
///  "reference": {"hash": "…", "eta": {"metric": "reward", "mean": 0.41, "se": 0, "n": 5}},
///  "results": [
///    {"plugin": "dpo", "verdict": "ok", "message": "", "remedy": "", "warnings": [],
///     "eta": {"metric": "reward", "mean": 0.67, "se": 0.007, "n": 5},
///     "kl": 16.5, "kl_paper": 4.0, "accuracy": 0.66,
///     "delta": {"mean": 0, "low": 0, "high": 0}, "seconds": 1.9}]}
/// ```
///
/// Every key is always there. A number that does not exist is null: all of them for a plug-in that
/// failed, `se`, `low` and `high` for a single seed, `delta` without DPO in the same evaluation. NaN
/// and infinities are strings (`JSON`). Nothing but `seconds` differs between two equal runs.
public struct EvaluationDocument: Hashable, Sendable, Codable {
  public var task: String
  /// CPU, BLAS core and threads, versions, sandbox layers.
  public var environment: [String: String]
  public var reference: Reference
  /// In the order in which the plug-ins were given.
  public var results: [Result]

  public struct Reference: Hashable, Sendable, Codable {
    public var hash: String
    public var eta: Eta?
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

  public struct Result: Hashable, Sendable, Codable {
    public var plugin: String
    public var verdict: Verdict
    /// Empty for `ok`.
    public var message: String
    public var remedy: String
    public var warnings: [String]
    public var eta: Eta?
    /// Means over seeds.
    public var kl: Double?
    public var klPaper: Double?
    public var accuracy: Double?
    public var delta: Delta?
    public var seconds: Double
  }
}

// Written by hand, because the synthesized coding leaves a nil out where the document has null.

extension EvaluationDocument.Reference {
  enum CodingKeys: String, CodingKey { case hash, eta }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(hash, forKey: .hash)
    try container.encode(eta, forKey: .eta)
  }
}

extension EvaluationDocument.Eta {
  enum CodingKeys: String, CodingKey { case metric, mean, se, n }

  init(_ estimate: Estimate) {
    self.init(metric: estimate.metric, mean: estimate.mean, se: estimate.se, n: estimate.n)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(metric, forKey: .metric)
    try container.encode(mean, forKey: .mean)
    try container.encode(se, forKey: .se)
    try container.encode(n, forKey: .n)
  }
}

extension EvaluationDocument.Delta {
  enum CodingKeys: String, CodingKey { case mean, low, high }

  init(_ difference: Difference) {
    self.init(mean: difference.mean, low: difference.low, high: difference.high)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(mean, forKey: .mean)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
  }
}

extension EvaluationDocument.Result {
  enum CodingKeys: String, CodingKey {
    case plugin, verdict, message, remedy, warnings, eta, kl
    case klPaper = "kl_paper"
    case accuracy, delta, seconds
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(plugin, forKey: .plugin)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(message, forKey: .message)
    try container.encode(remedy, forKey: .remedy)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(eta, forKey: .eta)
    try container.encode(kl, forKey: .kl)
    try container.encode(klPaper, forKey: .klPaper)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(delta, forKey: .delta)
    try container.encode(seconds, forKey: .seconds)
  }
}
