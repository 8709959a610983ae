import Policy
import Testing

@Suite("Hypervolume of reward over KL")
struct HypervolumeTests {
  private func area(_ points: [(kl: Double, reward: Double)]) -> Double {
    Hypervolume.area(
      points.map { FrontierPoint(beta: 0.1, reward: $0.reward, kl: $0.kl) }, cap: 10, floor: 0.5)
  }

  @Test("one point spans its rectangle: (10 − 2) × (0.75 − 0.5) = 2")
  func one() {
    #expect(area([(2, 0.75)]) == 2)
    #expect(area([(0, 0.75)]) == 2.5)
  }

  /// (10 − 2)·0.25 + (10 − 6)·0.25 = 3, by rectangles 2 + 2 − overlap 4·0.25 = 3.
  @Test("two points span the union of their rectangles, whatever their order")
  func two() {
    #expect(area([(2, 0.75), (6, 1)]) == 3)
    #expect(area([(6, 1), (2, 0.75)]) == 3)
  }

  /// 9·0.125 + 6·0.125 + 2·0.25 = 1.125 + 0.75 + 0.5.
  @Test("a staircase of three sums its strips; a dominated point in it adds nothing")
  func staircase() {
    let stairs = [(1.0, 0.625), (4.0, 0.75), (8.0, 1.0)]
    #expect(area(stairs) == 2.375)
    #expect(area(stairs + [(5, 0.7), (4, 0.7), (4, 0.75)]) == 2.375)
    // One that is not dominated does: 3·0.125 more between KL 5 and 8, reward 0.75 and 0.875.
    #expect(area(stairs + [(5, 0.875)]) == 2.75)
  }

  @Test("points at or beyond the cap, at or below the floor, or with a NaN add nothing")
  func outside() {
    #expect(area([]) == 0)
    for point in [(10.0, 1.0), (11, 1), (.infinity, 1), (1, 0.5), (1, 0.4), (.nan, 1), (1, .nan)] {
      #expect(area([point]) == 0, "\(point)")
      #expect(area([(2, 0.75), point]) == 2, "\(point)")
    }
  }

  @Test("a better policy never lowers it")
  func monotone() {
    let base = area([(2, 0.75), (6, 1)])
    #expect(area([(1, 0.75), (6, 1)]) > base)
    #expect(area([(2, 0.8), (6, 1)]) > base)
    #expect(area([(2, 0.75), (6, 1.1)]) > base)
  }
}
