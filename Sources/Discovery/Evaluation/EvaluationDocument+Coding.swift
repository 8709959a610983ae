import Losses
import Policy

// Written by hand, because the synthesized coding leaves a nil out where the document has null.

extension EvaluationDocument: Codable {
  enum CodingKeys: String, CodingKey { case task, data, environment, reference, results }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    task = try container.decode(String.self, forKey: .task)
    data = try container.decodeIfPresent(PreferenceReport.self, forKey: .data)
    environment = try container.decode([String: String].self, forKey: .environment)
    reference = try container.decode(Reference.self, forKey: .reference)
    results = try container.decode([Result].self, forKey: .results)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(task, forKey: .task)
    try container.encode(data, forKey: .data)
    try container.encode(environment, forKey: .environment)
    try container.encode(reference, forKey: .reference)
    try container.encode(results, forKey: .results)
  }
}

extension EvaluationDocument.Reference: Codable {
  enum CodingKeys: String, CodingKey { case hash, eta }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    hash = try container.decode(String.self, forKey: .hash)
    eta = try container.decodeIfPresent(EvaluationDocument.Eta.self, forKey: .eta)
    metrics = try MetricValues(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(hash, forKey: .hash)
    try container.encode(eta, forKey: .eta)
    try metrics.encode(to: encoder)
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

extension EvaluationDocument.Result: Codable {
  enum CodingKeys: String, CodingKey {
    case plugin, verdict, message, remedy, warnings, eta, delta, seeds, seconds
  }

  /// Reads documents of older programs too, which have fewer metrics and no seeds.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    plugin = try container.decode(String.self, forKey: .plugin)
    verdict = try container.decode(Verdict.self, forKey: .verdict)
    message = try container.decode(String.self, forKey: .message)
    remedy = try container.decode(String.self, forKey: .remedy)
    warnings = try container.decode([String].self, forKey: .warnings)
    eta = try container.decodeIfPresent(EvaluationDocument.Eta.self, forKey: .eta)
    metrics = try MetricValues(from: decoder)
    delta = try container.decodeIfPresent(EvaluationDocument.Delta.self, forKey: .delta)
    seeds = try container.decodeIfPresent([SeedOutcome].self, forKey: .seeds) ?? []
    seconds = try container.decode(Double.self, forKey: .seconds)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(plugin, forKey: .plugin)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(message, forKey: .message)
    try container.encode(remedy, forKey: .remedy)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(eta, forKey: .eta)
    try metrics.encode(to: encoder)
    try container.encode(delta, forKey: .delta)
    try container.encode(seeds, forKey: .seeds)
    try container.encode(seconds, forKey: .seconds)
  }
}
