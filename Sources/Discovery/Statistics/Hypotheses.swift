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

  /// The same where some have no p and are no hypotheses.
  static func holm(_ values: [Double?]) -> [Double?] {
    var adjusted = holm(values.compactMap { $0 })[...]
    return values.map { $0 == nil ? nil : adjusted.removeFirst() }
  }
}
