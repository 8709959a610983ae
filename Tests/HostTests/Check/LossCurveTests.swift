import Losses
import Testing

@testable import Host

@Suite struct LossCurveTests {
  static let dpo = rowwise({ softplus(-$1 * $0) }, slope: { -$1 * sigmoid(-$1 * $0) })

  @Test("a curve has the values and slopes of its formula at its margins")
  func formula() throws {
    let curve = try LossCurve(of: ClosureLoss(Self.dpo), tunables: [0.5], reach: 40, count: 9)
    #expect(!curve.isCoupled)
    #expect(curve.points.map(\.margin) == [-40, -30, -20, -10, 0, 10, 20, 30, 40])
    for point in curve.points {
      #expect(abs(point.value - softplus(-0.5 * point.margin)) < 1e-12)
      #expect(abs(point.slope + 0.5 * sigmoid(-0.5 * point.margin)) < 1e-12)
    }
    #expect(curve.tunables == ["beta": 0.5])
  }

  @Test("a loss that looks at its batch is found out and drawn as one row among others")
  func coupled() throws {
    let centred: ClosureLoss.Kernel = { margin, _ in
      let mean = margin.reduce(0, +) / Double(margin.count)
      return (margin.map { ($0 - mean) * ($0 - mean) }, margin.map { 2 * ($0 - mean) })
    }
    let curve = try LossCurve(of: ClosureLoss(centred), tunables: [0.1], reach: 40, count: 5)
    #expect(curve.rows == LossCurve.coupledRows)
    // One row of one: its distance from the mean would be 0 everywhere.
    #expect(curve.points.map(\.value).max() ?? 0 > 100)
  }
}
