import Losses
import Testing

@testable import Discovery

@Suite("Statistics of a race")
struct RepeatedLooksTests {
  /// How often, of so many races between equals, some look excludes the truth.
  static func errors(_ interval: ([Double]) -> Difference) -> Double {
    let races = 1_500
    var wrong = 0
    for race in 0..<races {
      var random = RandomStream(seed: UInt64(race), purpose: "race-test")
      let values = (0..<8).map { _ in random.normal() }
      let isWrong = (3...8).contains { count in
        let seen = interval(Array(values.prefix(count)))
        guard let low = seen.low, let high = seen.high else { return false }
        return low > 0 || high < 0
      }
      if isWrong { wrong += 1 }
    }
    return Double(wrong) / Double(races)
  }

  @Test("six looks together exclude the truth at most once in twenty; plain intervals more often")
  func repeatedLooks() {
    #expect(Self.errors { RepeatedLooks.interval($0, looks: 6) } < 0.05)
    let zeros = { (values: [Double]) in [Double](repeating: 0, count: values.count) }
    #expect(Self.errors { Statistics.pairedDifference($0, zeros($0)) } > 0.08)
  }

  @Test("one look is Student's interval; more are wider; one value has none")
  func width() throws {
    let values = [0.1, 0.3, 0.2, 0.25]
    let plain = Statistics.pairedDifference(values, [0, 0, 0, 0])
    #expect(RepeatedLooks.interval(values, looks: 1) == plain)
    let wide = RepeatedLooks.interval(values, looks: 4)
    #expect(try #require(wide.low) < (try #require(plain.low)))
    #expect(RepeatedLooks.interval([0.1], looks: 3).low == nil)
    // 0.2125 - 2.353 * 0.0427, the one-sided 95 % point of three degrees.
    #expect(abs(try #require(RepeatedLooks.lowerBound(values)) - 0.1120) < 0.0002)
    #expect(RepeatedLooks.lowerBound([1]) == nil)
  }

  @Test("p is the upper tail of Student's t; Holm's adjustment by hand")
  func hypotheses() throws {
    // Mean 1, error 1/2.132: five values, four degrees.
    let spread = (5.0 / 2.132 / 2.132).squareRoot()
    let unit = [-1.0, -1, 0, 1, 1].map { 1 + $0 * spread }
    #expect(abs(try #require(Statistics.pValue(above: unit)) - 0.05) < 1e-4)
    #expect(Statistics.pValue(above: [1, 1]) == 0)
    #expect(Statistics.pValue(above: [0, 0]) == 0.5)
    #expect(Statistics.pValue(above: [1]) == nil)
    let adjusted = Statistics.holm([0.01, 0.04, 0.03])
    #expect(zip(adjusted, [0.03, 0.06, 0.06]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(Statistics.holm([0.5, 0.9]) == [1, 1])
  }

  @Test("a difference that is called detectable is shown four times in five, whatever the family")
  func detectable() throws {
    let spread = [-1.2649110640673518, 0, 0, 0, 1.2649110640673518].map { $0 + 7 }
    #expect(Statistics.detectable([1], family: 1) == nil)
    for family in [1, 3] {
      let least = try #require(Statistics.detectable(spread, family: family))
      // The spread of five draws from a normal with this deviation.
      let deviation = 0.8944271909999159
      var shown = 0
      for trial in 0..<2_000 {
        var random = RandomStream(seed: UInt64(trial), purpose: "power-test")
        let values = (0..<5).map { _ in least + deviation * random.normal() }
        let zeros = [Double](repeating: 0, count: 5)
        let low = try #require(Statistics.pairedDifference(values, zeros).low)
        let p = try #require(Statistics.pValue(above: values))
        if low > 0, p * Double(family) < 0.05 { shown += 1 }
      }
      let share = Double(shown) / 2_000
      #expect(share > 0.72 && share < 0.88, "\(family): \(share)")
    }
  }

  @Test("Spearman's ρ by hand, with ties, and the seeds that would mend it")
  func rankCorrelation() throws {
    // 1 - 6 Σd²/(n(n² - 1)) with d = 0, 1, 1, 0, 0.
    let rho = try #require(RankCorrelation.spearman([1, 2, 3, 4, 5], [1, 3, 2, 4, 5]))
    #expect(abs(rho - 0.9) < 1e-12)
    #expect(RankCorrelation.spearman([1, 2, 3], [3, 2, 1]) == -1)
    #expect(RankCorrelation.spearman([1, 2, 3], [5, 5, 5]) == nil)
    #expect(RankCorrelation.spearman([1, 2], [1, 2]) == nil)
    // Ranks 1.5, 1.5, 3 against 1, 2, 3.
    let tied = try #require(RankCorrelation.spearman([5, 5, 1], [9, 8, 1]))
    #expect(abs(tied - 1.5 / (1.5 * 2).squareRoot()) < 1e-12)
    #expect(abs(try #require(RankCorrelation.spearmanBrown(0.6, goal: 0.9)) - 6) < 1e-12)
    #expect(RankCorrelation.spearmanBrown(-0.1, goal: 0.9) == nil)
  }
}
