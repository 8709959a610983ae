extension LossDescriptor {
  /// Refuses values that the loss does not allow.
  ///
  /// Names that the loss does not declare are not an error here.
  ///
  /// - Throws: `LossmithError(.usage)` for a value outside a tunable's range.
  public func requireValid(_ overrides: [String: Double]) throws(LossmithError) {
    try tunables.requireValid(overrides, of: name)
  }
}

extension DescriptorDocument {
  /// As ``LossDescriptor/requireValid(_:)``.
  ///
  /// - Parameter label: what the error calls the loss.
  public func requireValid(
    _ overrides: [String: Double], of label: String
  ) throws(LossmithError) {
    try tunables.requireValid(overrides, of: label)
  }
}

extension [Tunable] {
  fileprivate func requireValid(
    _ overrides: [String: Double], of name: String
  ) throws(LossmithError) {
    for tunable in self {
      guard let value = overrides[tunable.name] else { continue }
      guard value >= tunable.minimum, value <= tunable.maximum else {
        throw LossmithError(
          .usage,
          "\(name) allows \(tunable.name) from \(tunable.minimum) to \(tunable.maximum), not \(value)",
          remedy: "Give a value in that range.")
      }
      if tunable.isInteger, value != value.rounded() {
        throw LossmithError(
          .usage, "\(tunable.name) of \(name) is a whole number, not \(value)",
          remedy: "Give one without a fraction.")
      }
    }
  }
}
