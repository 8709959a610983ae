/// Statistics over seeds. The seed is the unit: nothing below it enters an error or an interval.
public enum Statistics {
  /// The arithmetic mean; NaN for no values.
  public static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The unbiased standard deviation, √(Σ(x − mean)²/(n − 1)); nil for fewer than two values.
  public static func standardDeviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    // Equal values have no spread, whatever the rounding of their mean.
    if values.allSatisfy({ $0 == values[0] }) { return 0 }
    let centre = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The standard error of the mean, sd/√n; nil for fewer than two values.
  public static func standardError(_ values: [Double]) -> Double? {
    standardDeviation(values).map { $0 / Double(values.count).squareRoot() }
  }

  /// Mean and standard error under a metric's name.
  ///
  /// - Precondition: there is at least one value.
  public static func estimate(metric: String, values: [Double]) -> Estimate {
    precondition(!values.isEmpty, "an estimate of \(metric) needs a value")
    return Estimate(
      metric: metric, mean: mean(values), se: standardError(values), n: values.count)
  }

  /// First minus second, paired by position, with Student's t interval of n − 1 degrees.
  ///
  /// Pairing removes what a seed does to every loss alike, so the interval is often much narrower than
  /// the two errors suggest. One pair has a difference and no interval.
  ///
  /// - Parameter confidence: of the two-sided interval.
  /// - Precondition: equal counts, at least one.
  public static func pairedDifference(
    _ first: [Double], _ second: [Double], confidence: Double = 0.95
  ) -> Difference {
    precondition(
      first.count == second.count && !first.isEmpty,
      "\(first.count) and \(second.count) values do not form pairs")
    let differences = zip(first, second).map { $0 - $1 }
    let centre = mean(differences)
    guard let error = standardError(differences) else {
      return Difference(mean: centre, low: nil, high: nil)
    }
    let quantile = StudentT.quantile(
      0.5 + confidence / 2, degreesOfFreedom: Double(differences.count - 1))
    return Difference(
      mean: centre, low: centre - quantile * error, high: centre + quantile * error)
  }

  /// Ranks from 1 for the largest value; equal values share the mean of their ranks.
  ///
  /// - Precondition: no value is NaN.
  public static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] > values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}
