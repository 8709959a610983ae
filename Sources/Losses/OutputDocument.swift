/// The JSON that `lossmith call` prints: `{"loss": […], "gradients": {"policy_chosen": […]}}`.
///
/// Written, a gradient has the shape of its column: a list for `[B]`, a list of lists for
/// `[B, C]` and `[B, K]`.
public struct OutputDocument: Encodable, Sendable {
  /// The loss of each row.
  public var loss: [Double]
  /// Row-major elements by the column's name in documents.
  public var gradients: [String: [Double]]

  public init(_ output: LossOutput) {
    self.init(
      loss: output.values,
      gradients: Dictionary(uniqueKeysWithValues: output.gradients.map { ($0.key.name, $0.value) }))
  }

  public init(loss: [Double], gradients: [String: [Double]]) {
    self.loss = loss
    self.gradients = gradients
  }

  private enum CodingKeys: String, CodingKey { case loss, gradients }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(loss, forKey: .loss)
    let shaped = gradients.map { name, values in
      let shape = LossColumn(name: name)?.shape ?? .rows
      return (name, Shaped(values: values, rows: shape == .rows ? nil : loss.count))
    }
    try container.encode(Dictionary(uniqueKeysWithValues: shaped), forKey: .gradients)
  }

  /// A column's elements, split into rows where it has more than one a row.
  private struct Shaped: Encodable {
    var values: [Double]
    var rows: Int?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      guard let rows, rows > 0 else { return try container.encode(values) }
      let width = values.count / rows
      try container.encode(
        (0..<rows).map { Array(values[($0 * width)..<(($0 + 1) * width)]) })
    }
  }
}
