/// The metrics that are reported beside η, by their names in JSON; null where a task has none.
public struct MetricValues: Hashable, Sendable, Codable {
  /// In the order of a table.
  public static let names = [
    "reward", "kl", "kl_paper", "kl_forward", "length", "accuracy", "winrate", "se_prompts",
  ]
  private var values: [String: Double] = [:]

  /// - Parameter value: of a name; nil where there is none.
  public init(_ value: (String) -> Double?) {
    for name in Self.names { values[name] = value(name) }
  }

  public subscript(name: String) -> Double? { values[name] }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: MetricName.self)
    for name in Self.names {
      values[name] = try container.decodeIfPresent(Double.self, forKey: MetricName(name))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: MetricName.self)
    for name in Self.names { try container.encode(values[name], forKey: MetricName(name)) }
  }
}

/// A key that is a metric's name.
private struct MetricName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}
