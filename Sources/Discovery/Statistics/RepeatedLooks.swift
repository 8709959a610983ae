/// Intervals that stay valid although somebody looks at them again and again.
///
/// A race looks at the same paired differences after 3 seeds, after 4, after 5 …, and stops a loss at
/// the first look that is clear. An ordinary 95 % interval is wrong more often than once in twenty
/// *somewhere* on the way. Here each of K planned looks gets the share α/K of the error (Bonferroni:
/// Dunn, JASA 1961; spending in equal parts in the words of Lan and DeMets, Biometrika 1983), so
/// that with probability 1 − α no look excludes the true difference. Only that K is fixed beforehand
/// is needed; looks may be as dependent as they like. A race that uses such intervals is that of
/// Maron and Moore (NIPS 1994), with Student's t in place of Hoeffding's bound, because rewards of
/// trained policies have no useful range and a seed is dear.
public enum RepeatedLooks {
  /// The interval of one look.
  ///
  /// - Parameters:
  ///   - differences: paired by seed.
  ///   - looks: K, all that are planned, this one included.
  ///   - confidence: over all looks together.
  /// - Returns: the mean alone for fewer than two differences.
  /// - Precondition: at least one difference and one look.
  public static func interval(
    _ differences: [Double], looks: Int, confidence: Double = 0.95
  ) -> Difference {
    precondition(looks >= 1, "an interval of \(looks) looks")
    return Statistics.pairedDifference(
      differences, [Double](repeating: 0, count: differences.count),
      confidence: 1 - (1 - confidence) / Double(looks))
  }

  /// The value that the mean exceeds with one-sided confidence; nil for fewer than two values.
  public static func lowerBound(_ values: [Double], confidence: Double = 0.95) -> Double? {
    guard let error = Statistics.standardError(values) else { return nil }
    let quantile = StudentT.quantile(confidence, degreesOfFreedom: Double(values.count - 1))
    return Statistics.mean(values) - quantile * error
  }
}
