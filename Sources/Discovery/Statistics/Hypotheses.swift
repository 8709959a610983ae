/// Tests of one hypothesis, and of several at once.
extension Statistics {
  /// One-sided p of Student's t test: how often a mean this far above 0 comes of a true mean of 0.
  ///
  /// - Returns: nil for fewer than two values. Equal values, whose t is infinite, have 0, ½ or 1.
  public static func pValue(above values: [Double]) -> Double? {
    guard let error = standardError(values) else { return nil }
    let centre = mean(values)
    if error == 0 { return centre > 0 ? 0 : centre == 0 ? 0.5 : 1 }
    return 1 - StudentT.cumulative(centre / error, degreesOfFreedom: Double(values.count - 1))
  }

  /// p adjusted for being one of several (Holm, Scandinavian Journal of Statistics 1979).
  ///
  /// The smallest of m is multiplied by m, the next by m − 1 and so on, none falling below an
  /// earlier one or rising above 1. Calling all those below α true is wrong about any of them with
  /// probability α at most, however they depend on each other.
  ///
  /// - Returns: in the order given.
  public static func holm(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var adjusted = [Double](repeating: 1, count: values.count)
    var floor = 0.0
    for (place, index) in order.enumerated() {
      floor = max(floor, min(1, values[index] * Double(values.count - place)))
      adjusted[index] = floor
    }
    return adjusted
  }

  /// The smallest true mean that a test would have called above 0, about.
  ///
  /// The test is the one of "beats DPO": the whole two-sided 95 % interval above 0, and the first step
  /// of Holm's procedure over a family of m hypotheses, so that t must exceed the quantile at 1 − 0.05/m,
  /// at least 0.975. With a true mean of (that quantile + the quantile at the power) · se it does so with
  /// about the power asked for (Cohen, Statistical Power Analysis, 1988, with central t for non-central).
  ///
  /// - Parameters:
  ///   - values: measured differences, whose spread is used and whose mean is not.
  ///   - family: m.
  ///   - power: the probability that the test shows the mean.
  /// - Returns: nil for fewer than two values.
  static func detectable(_ values: [Double], family: Int, power: Double = 0.8) -> Double? {
    guard let error = standardError(values) else { return nil }
    let freedom = Double(values.count - 1)
    let bar = max(0.975, 1 - 0.05 / Double(max(1, family)))
    return error
      * (StudentT.quantile(bar, degreesOfFreedom: freedom)
        + StudentT.quantile(power, degreesOfFreedom: freedom))
  }
}
