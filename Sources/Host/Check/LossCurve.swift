import Losses

/// A loss over a range of margins, to be drawn.
public struct LossCurve: Sendable, Codable {
  public struct Point: Sendable, Codable, Hashable {
    /// The margin ρ; the lead of a label's logit; the lead of the best completion.
    public var margin: Double
    /// The value of the row that moves.
    public var value: Double
    /// d(sum over rows of the value)/d(margin): what descent follows.
    public var slope: Double
  }

  public var name: String
  public var family: String
  public var tunables: [String: Double]
  /// Rows of the batch: 1, or ``coupledRows`` where a row's value depends on the others. One
  /// of them moves, the others are ordinary and stay.
  public var rows: Int
  public var points: [Point]

  public static let coupledRows = 64

  public var isCoupled: Bool { rows > 1 }

  /// Draws a loss.
  ///
  /// Whether rows act on each other is found by trying, not by the loss's claim.
  ///
  /// - Parameters:
  ///   - reach: margins go from −reach to +reach, at most 2000.
  ///   - count: how many of them.
  /// - Throws: whatever the loss throws.
  public init(
    of loss: any RawLoss, tunables values: [Double], reach: Double, count: Int = 241,
    seed: UInt64 = 0
  ) throws(LossFailure) {
    let descriptor = loss.descriptor
    let probes = ProbeBatches(seed: seed, descriptor: descriptor)
    let other = ProbeBatches(seed: seed &+ 1, descriptor: descriptor)
    var isCoupled = false
    do throws(LossFailure) {
      try RowChecks(loss: loss, tunables: values).requireIndependence(
        probes.typical(rows: 8), others: other.typical(rows: 8))
    } catch {
      guard error.finding.verdict == .failed(check: "row-independent") else { throw error }
      isCoupled = true
    }
    name = descriptor.name
    family = descriptor.family.name
    tunables = Dictionary(
      zip(descriptor.tunables.map(\.name), values), uniquingKeysWith: { first, _ in first })
    rows = isCoupled ? Self.coupledRows : 1
    let offsets = (0..<max(count, 2)).map {
      reach * (2 * Double($0) / Double(max(count, 2) - 1) - 1)
    }
    let profile = try LossProfile(
      of: loss, tunables: values, batch: LossProfile.base(probes, rows: rows), row: 0,
      offsets: offsets)
    points = profile.points.map { Point(margin: $0.offset, value: $0.value, slope: $0.slope) }
  }
}
