import Losses

extension Double {
  /// The number as messages write it: NaN has one name, whatever its sign.
  var inWords: String {
    isNaN ? "NaN" : isInfinite ? (self < 0 ? "-infinity" : "infinity") : "\(self)"
  }
}

/// What every output of a loss must be.
enum OutputRules {
  static func requireWritten(_ raw: RawOutput, check: String = "written") throws(LossFailure) {
    guard let first = raw.unwritten.first else { return }
    throw LossFailure(
      .failed(check: check),
      "the kernel did not write \(first)"
        + (raw.unwritten.count > 1 ? " and \(raw.unwritten.count - 1) more elements" : ""),
      remedy:
        "Write every element of the value and of each gradient array that the descriptor lists.")
  }

  static func requireNoNaN(_ output: LossOutput, in place: String) throws(LossFailure) {
    for (name, values) in named(output) {
      if let row = values.firstIndex(where: \.isNaN) {
        throw LossFailure(
          .failed(check: "nan"), "\(name)[\(row)] is NaN in \(place)",
          remedy:
            "Look for 0 * infinity, infinity - infinity, roots and logarithms of negative numbers; "
            + "use softplus and logSigmoid instead of log(sigmoid(x)).")
      }
    }
  }

  static func requireFinite(
    _ output: LossOutput, check: String, in place: String, remedy: String? = nil
  ) throws(LossFailure) {
    for (name, values) in named(output) {
      if let row = values.firstIndex(where: { !$0.isFinite }) {
        throw LossFailure(
          .failed(check: check), "\(name)[\(row)] is \(values[row].inWords) in \(place)",
          remedy: remedy
            ?? "Keep every value and gradient finite: clamp the argument of exp, and do not divide by "
            + "something that can be 0.")
      }
    }
  }

  private static func named(_ output: LossOutput) -> [(String, [Double])] {
    [("loss", output.values)]
      + output.gradients.sorted { $0.key < $1.key }.map { ("d_\($0.key.name)", $0.value) }
  }
}
