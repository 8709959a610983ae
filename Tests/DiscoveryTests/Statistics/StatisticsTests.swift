import Discovery
import Testing

@Suite("Statistics")
struct StatisticsTests {
  /// 2, 4, 4, 4, 5, 5, 7, 9: mean 5, Σ(x − 5)² = 32.
  @Test("mean, unbiased deviation and error of eight numbers by hand")
  func moments() throws {
    let values: [Double] = [2, 4, 4, 4, 5, 5, 7, 9]
    #expect(Statistics.mean(values) == 5)
    let sd = try #require(Statistics.standardDeviation(values))
    #expect(abs(sd - (32.0 / 7).squareRoot()) < 1e-15)
    let se = try #require(Statistics.standardError(values))
    #expect(abs(se - (4.0 / 7).squareRoot()) < 1e-15)
  }

  @Test("one value has no error, equal values have the error 0")
  func edges() {
    #expect(Statistics.standardError([3]) == nil)
    #expect(Statistics.standardDeviation([]) == nil)
    let estimate = Statistics.estimate(metric: "reward", values: [0.1, 0.1, 0.1])
    #expect(
      estimate == Estimate(metric: "reward", mean: Statistics.mean([0.1, 0.1, 0.1]), se: 0, n: 3))
    #expect(Statistics.estimate(metric: "reward", values: [0.1]).se == nil)
  }

  /// Two-sided 95 % and 99 % and one-sided 90 % points as printed in Abramowitz and Stegun,
  /// table 26.10, to three decimals.
  @Test(
    "Student quantiles are those of the printed table",
    arguments: [
      (0.975, 1.0, 12.706), (0.975, 2, 4.303), (0.975, 3, 3.182), (0.975, 4, 2.776),
      (0.975, 9, 2.262), (0.975, 29, 2.045), (0.975, 120, 1.980), (0.995, 1, 63.657),
      (0.995, 4, 4.604), (0.90, 10, 1.372), (0.9995, 4, 8.610),
    ])
  func studentQuantiles(p: Double, nu: Double, expected: Double) {
    let value = StudentT.quantile(p, degreesOfFreedom: nu)
    #expect(abs(value - expected) < 0.000_5 * max(1, expected / 10))
    #expect(StudentT.quantile(1 - p, degreesOfFreedom: nu) < -expected + 0.01)
    #expect(abs(StudentT.cumulative(value, degreesOfFreedom: nu) - p) < 1e-13)
  }

  /// ν = 1: F(t) = ½ + atan(t)/π, so F(1) = ¾. ν = 2: F(t) = ½ + t/(2√(2 + t²)).
  @Test("the distribution has its closed forms for one and two degrees")
  func closedForms() {
    #expect(abs(StudentT.cumulative(1, degreesOfFreedom: 1) - 0.75) < 1e-15)
    for t in [-30.0, -1, 0, 0.3, 2, 50] {
      let expected = 0.5 + t / (2 * (2 + t * t).squareRoot())
      #expect(abs(StudentT.cumulative(t, degreesOfFreedom: 2) - expected) < 1e-14)
    }
    #expect(StudentT.quantile(0.5, degreesOfFreedom: 3) == 0)
    #expect(StudentT.quantile(1, degreesOfFreedom: 3) == .infinity)
    #expect(StudentT.quantile(0, degreesOfFreedom: 3) == -.infinity)
    #expect(StudentT.quantile(1e-300, degreesOfFreedom: 4).isFinite)
  }

  /// I_x(2, 3) = 6x² − 8x³ + 3x⁴; I_x(½, ½) = (2/π)·asin √x.
  @Test("the incomplete beta function has its closed forms and ends")
  func incompleteBeta() {
    for x in [0.01, 0.3, 0.5, 0.77, 0.999] {
      let polynomial = 6 * x * x - 8 * x * x * x + 3 * x * x * x * x
      #expect(abs(IncompleteBeta.regularised(x, 2, 3) - polynomial) < 1e-14)
    }
    #expect(abs(IncompleteBeta.regularised(0.5, 0.5, 0.5) - 0.5) < 1e-14)
    #expect(IncompleteBeta.regularised(0, 1, 1) == 0)
    #expect(IncompleteBeta.regularised(1, 1, 1) == 1)
  }

  /// Differences 1, 2, 3: mean 2, s.e. 1/√3, t(0.975, 2) = 4.302652730.
  @Test("a paired difference has Student's interval and forgets what the seeds share")
  func pairedDifference() throws {
    let difference = Statistics.pairedDifference([101, 52, 1003], [100, 50, 1000])
    #expect(difference.mean == 2)
    let half = 4.302_652_729_7 / 3.0.squareRoot()
    #expect(abs(try #require(difference.low) - (2 - half)) < 1e-9)
    #expect(abs(try #require(difference.high) - (2 + half)) < 1e-9)
    #expect(Statistics.pairedDifference([3], [1]) == Difference(mean: 2, low: nil, high: nil))
    #expect(Statistics.pairedDifference([3, 4], [3, 4]) == Difference(mean: 0, low: 0, high: 0))
  }

  @Test("ranks start at 1 for the largest and are shared by equals")
  func ranks() {
    #expect(Statistics.ranks([0.3, 0.9, 0.5]) == [3, 1, 2])
    #expect(Statistics.ranks([1, 2, 2, 0, 2]) == [4, 2, 2, 5, 2])
    #expect(Statistics.ranks([]) == [])
  }
}
