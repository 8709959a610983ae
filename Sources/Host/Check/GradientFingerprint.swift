import Losses

/// What a loss does to a policy, as numbers: its gradients on fixed probe batches.
///
/// Two sources that give the same gradients train the same policy, whatever they look like; values
/// are left out, for a constant in the value trains nothing. The probes are the same for every loss
/// of a family: the first step of training, early training, and extreme margins.
public struct GradientFingerprint: Hashable, Sendable, Codable {
  public var family: String
  /// One list a probe batch: the gradients with respect to what the policy gives, column after
  /// column. A column that the loss does not read has zeros.
  public var probes: [[Double]]

  public init(family: String, probes: [[Double]]) {
    self.family = family
    self.probes = probes
  }

  /// Calls a loss on the probes.
  ///
  /// - Parameter overrides: values of tunables by name. Names that the loss does not declare, and
  ///   values outside a tunable's range, leave the default.
  /// - Throws: whatever the loss throws, an unwritten element included. A NaN is no error; a
  ///   fingerprint with one equals none.
  public init(of loss: any RawLoss, overrides: [String: Double] = [:]) throws(LossFailure) {
    let descriptor = loss.descriptor
    let probes = ProbeBatches(seed: 0, descriptor: descriptor)
    let values = descriptor.tunables.map { tunable in
      overrides[tunable.name].flatMap {
        tunable.minimum <= $0 && $0 <= tunable.maximum ? $0 : nil
      } ?? tunable.initial
    }
    let trained: [LossColumn] =
      switch descriptor.family {
      case .pairwise: [.policyChosen, .policyRejected]
      case .classification: [.logits]
      case .listwise: [.listPolicy]
      }
    var lists: [[Double]] = []
    for batch in [
      probes.equalToReference(rows: 8), probes.typical(rows: 32),
      probes.magnitudes(rows: 16, beta: 0.1),
    ] {
      let output = try loss.evaluate(batch, tunables: values)
      lists.append(
        trained.flatMap { column in
          output.gradients[column]
            ?? [Double](repeating: 0, count: batch.elements(of: column))
        })
    }
    family = descriptor.family.name
    self.probes = lists
  }

  /// How two losses stand to each other.
  public enum Likeness: Hashable, Sendable {
    /// The same gradients everywhere.
    case equal
    /// This one's gradients are the other's times a factor above 0 that is not 1.
    case scaled(Double)
    case different
  }

  /// What counts as rounding, relative to a probe batch's largest gradient.
  public static let tolerance = 1e-9

  /// Compares batch by batch, each by its own largest gradient.
  ///
  /// The factor is taken from early training, where no gradient is extreme.
  public func likeness(to other: GradientFingerprint) -> Likeness {
    guard family == other.family, probes.map(\.count) == other.probes.map(\.count) else {
      return .different
    }
    if agrees(with: other, times: 1) { return .equal }
    guard probes.count > 1 else { return .different }
    let product = zip(probes[1], other.probes[1]).reduce(0) { $0 + $1.0 * $1.1 }
    let square = other.probes[1].reduce(0) { $0 + $1 * $1 }
    let factor = product / square
    guard factor.isFinite, factor > 0, agrees(with: other, times: factor) else {
      return .different
    }
    return .scaled(factor)
  }

  private func agrees(with other: GradientFingerprint, times factor: Double) -> Bool {
    zip(probes, other.probes).allSatisfy { mine, theirs in
      let scaled = theirs.map { $0 * factor }
      let size = (mine + scaled).reduce(0) { max($0, abs($1)) }
      // NaN agrees with nothing, and an infinity has no largest gradient to be relative to.
      return (mine + scaled).allSatisfy(\.isFinite)
        && zip(mine, scaled).allSatisfy { abs($0 - $1) <= Self.tolerance * size }
    }
  }
}
