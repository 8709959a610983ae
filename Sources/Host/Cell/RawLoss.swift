import Losses

/// A loss whose outputs can be seen element by element, unwritten ones told from NaN.
public protocol RawLoss: Loss {
  /// The value and the gradients of one batch, with the names of what was not written.
  ///
  /// - Parameters and errors: as ``Loss/evaluate(_:tunables:)``; an unwritten element is not an
  ///   error here.
  func evaluateRaw(_ batch: LossBatch, tunables: [Double]) throws(LossFailure) -> RawOutput
}

/// What one loss call left in the output buffers.
public struct RawOutput: Sendable {
  /// As copied once from the buffers; an unwritten element is a NaN here.
  public var output: LossOutput
  /// Elements that still hold what the host put there before the call: `loss[3]`,
  /// `d_policy_chosen[0]`, in the order of the kernel's parameters.
  public var unwritten: [String]

  public init(output: LossOutput, unwritten: [String]) {
    self.output = output
    self.unwritten = unwritten
  }
}

extension RawLoss {
  /// Every element that the kernel leaves unwritten is a failure; the rest is as in
  /// ``evaluateRaw(_:tunables:)``.
  public func evaluate(_ batch: LossBatch, tunables: [Double]) throws(LossFailure) -> LossOutput {
    let raw = try evaluateRaw(batch, tunables: tunables)
    if let first = raw.unwritten.first {
      throw LossFailure(
        .failed(check: "written"),
        "the kernel did not write \(first)"
          + (raw.unwritten.count > 1 ? " and \(raw.unwritten.count - 1) more elements" : ""),
        remedy:
          "Write every element of the value and of each gradient array that the descriptor lists.")
    }
    return raw.output
  }
}
