/// Clipping by the global norm (Pascanu, Mikolov, Bengio 2013).
public enum GradientClipping {
  /// The Euclidean norm over all elements.
  ///
  /// Scaled by the largest magnitude, so that 1e200 does not overflow on the way. NaN when an element
  /// is NaN, infinity when one is infinite.
  public static func norm(_ gradient: [Double]) -> Double {
    var largest = 0.0
    for value in gradient {
      if value.isNaN { return .nan }
      largest = max(largest, value.magnitude)
    }
    guard largest > 0, largest.isFinite else { return largest }
    var sum = 0.0
    for value in gradient {
      let scaled = value / largest
      sum += scaled * scaled
    }
    return largest * sum.squareRoot()
  }

  /// Scales the gradient down to the limit when its norm is above it; else leaves every bit alone.
  ///
  /// - Returns: the norm before clipping.
  @discardableResult
  public static func clip(_ gradient: inout [Double], to limit: Double) -> Double {
    let norm = norm(gradient)
    guard norm > limit else { return norm }
    let factor = limit / norm
    for index in gradient.indices { gradient[index] *= factor }
    return norm
  }
}
