import Foundation
import Losses

/// A loss as one row of a batch moves while the others stay.
///
/// The row moves along its family's direction, the one in which training is meant to go:
///
/// - pairwise: the margin ρ grows by t (π_c by t/2, π_r by −t/2);
/// - classification: the label's logit grows by t;
/// - listwise: the best-scored completion's log-probability grows by t/2, the worst's by −t/2
///   (the first and the last where the loss reads no scores).
///
/// For a loss that couples rows the value is the moved row's own; the slope is that of the whole
/// batch's sum, which is what descent follows.
public struct LossProfile: Sendable {
  public struct Point: Sendable, Hashable {
    /// How far the row was moved, in nats or units of a logit.
    public var offset: Double
    /// The moved row's value.
    public var value: Double
    /// The sum over all rows.
    public var total: Double
    /// d(sum over rows of the value)/d(offset).
    public var slope: Double
  }

  public var points: [Point]

  /// Moves a row through all offsets.
  ///
  /// - Throws: whatever the loss throws.
  public init(
    of loss: any RawLoss, tunables: [Double], batch: LossBatch, row: Int, offsets: [Double]
  ) throws(LossFailure) {
    let direction = Self.direction(batch, row: row)
    points = []
    for offset in offsets {
      var moved = batch
      for (column, element, weight) in direction {
        moved.columns[column]?[element] += offset * weight
      }
      let output = try loss.evaluate(moved, tunables: tunables)
      let slope = direction.reduce(0) {
        $0 + (output.gradients[$1.column]?[$1.element] ?? 0) * $1.weight
      }
      points.append(
        Point(
          offset: offset, value: output.values[row], total: output.values.reduce(0, +),
          slope: slope))
    }
  }

  /// Offsets out to ±reach, the same number on both sides, denser towards 0, 0 among them.
  public static func offsets(reach: Double, count: Int = 32, decades: Double = 4) -> [Double] {
    let positive = (0..<count).map {
      reach * pow(10, -decades * Double($0) / Double(count))
    }
    return positive.map { -$0 } + [0] + positive.reversed()
  }

  /// A batch whose row 0 has margin 0 in the middle of what log-probabilities can be, or equal
  /// logits; the other rows are ordinary.
  static func base(_ probes: ProbeBatches, rows: Int) -> LossBatch {
    var batch = probes.typical(rows: rows)
    func set(_ column: LossColumn, _ value: Double) {
      guard batch.columns[column] != nil else { return }
      for place in batch.range(of: 0, in: column) { batch.columns[column]?[place] = value }
    }
    for column in [LossColumn.policyChosen, .policyRejected, .referenceChosen, .referenceRejected] {
      set(column, -1000)
    }
    for column in [LossColumn.chosenTokens, .rejectedTokens] { set(column, 100) }
    set(.logits, 0)
    for column in [LossColumn.listPolicy, .listReference] { set(column, -1000) }
    return batch
  }

  private static func direction(
    _ batch: LossBatch, row: Int
  ) -> [(column: LossColumn, element: Int, weight: Double)] {
    func has(_ column: LossColumn) -> Bool { batch.columns[column] != nil }
    switch batch.family {
    case .pairwise:
      let both = has(.policyChosen) && has(.policyRejected)
      return [(.policyChosen, row, both ? 0.5 : 1), (.policyRejected, row, both ? -0.5 : -1)]
    case .classification:
      let label = Int(batch.columns[.labels]?[row] ?? 0)
      return [(.logits, row * batch.classes + label, 1)]
    case .listwise:
      let places = batch.range(of: row, in: .listPolicy).filter {
        batch.columns[.listMask]?[$0] != 0
      }
      guard let first = places.first, let last = places.last else { return [] }
      guard let scores = batch.columns[.listScores] else {
        return [(.listPolicy, first, 0.5), (.listPolicy, last, -0.5)]
      }
      let best = places.max { scores[$0] < scores[$1] } ?? first
      let worst = places.min { scores[$0] < scores[$1] } ?? last
      return [(.listPolicy, best, 0.5), (.listPolicy, worst, -0.5)]
    }
  }
}
