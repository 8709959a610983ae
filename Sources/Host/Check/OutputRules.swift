import Losses

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
          .failed(check: check), "\(name)[\(row)] is \(values[row]) in \(place)",
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

/// Warnings that the gradients of one ordinary batch give away.
enum GradientWarnings {
  static func of(_ output: LossOutput) -> [CheckReport.Warning] {
    let all = output.gradients.values.flatMap { $0 }
    guard !all.allSatisfy({ $0 == 0 }) else {
      return [.init(name: "constant", message: "every gradient is 0: training will change nothing")]
    }
    guard let chosen = output.gradients[.policyChosen],
      let rejected = output.gradients[.policyRejected]
    else { return [] }
    // Descent moves a log-probability against its gradient: chosen − rejected falls everywhere.
    let falls = zip(chosen, rejected).allSatisfy { $0 - $1 > 0 }
    return falls
      ? [
        .init(
          name: "wrong-direction",
          message: "descent lowers the chosen completion against the rejected one on every pair")
      ] : []
  }
}
