import Foundation

/// Student's t distribution.
public enum StudentT {
  /// P(T ≤ t) with ν degrees of freedom.
  ///
  /// For t ≥ 0 it is 1 − ½·I_x(ν/2, ½) with x = ν/(ν + t²) (Abramowitz and Stegun 26.7.1).
  ///
  /// - Precondition: ν > 0.
  public static func cumulative(_ t: Double, degreesOfFreedom nu: Double) -> Double {
    let tail = upperTail(abs(t), nu)
    return t >= 0 ? 1 - tail : tail
  }

  /// The t with P(T ≤ t) = p; −∞ for 0, ∞ for 1.
  ///
  /// Found by bisection of the upper tail, which keeps its relative precision however small it is.
  ///
  /// - Precondition: 0 ≤ p ≤ 1 and ν > 0.
  public static func quantile(_ p: Double, degreesOfFreedom nu: Double) -> Double {
    precondition(0 <= p && p <= 1 && nu > 0, "no Student t quantile of \(p) with \(nu) degrees")
    if p == 0.5 { return 0 }
    if p < 0.5 { return -root(tail: p, nu) }
    return root(tail: 1 - p, nu)
  }

  private static func root(tail: Double, _ nu: Double) -> Double {
    if tail == 0 { return .infinity }
    var low = 0.0
    var high = 1.0
    while upperTail(high, nu) > tail, high < 1e300 {
      low = high
      high *= 2
    }
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if upperTail(middle, nu) > tail { low = middle } else { high = middle }
    }
  }

  /// P(T > t) for t ≥ 0.
  private static func upperTail(_ t: Double, _ nu: Double) -> Double {
    // t² overflows where x has long vanished.
    let x = t > 1e150 ? 0 : nu / (nu + t * t)
    return 0.5 * IncompleteBeta.regularised(x, nu / 2, 0.5)
  }
}

/// The incomplete beta function.
public enum IncompleteBeta {
  /// I_x(a, b), the integral of t^(a−1)(1−t)^(b−1) from 0 to x over that from 0 to 1.
  ///
  /// By the continued fraction 26.5.8 of Abramowitz and Stegun, evaluated by Lentz's method on the
  /// side of the mean where it converges fast; I_x(a, b) = 1 − I_{1−x}(b, a) gives the other side.
  ///
  /// - Precondition: 0 ≤ x ≤ 1, a > 0, b > 0.
  public static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
    precondition(0 <= x && x <= 1 && a > 0 && b > 0, "I_\(x)(\(a), \(b)) is not defined")
    if x == 0 || x == 1 { return x }
    let logFront =
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
    if x < (a + 1) / (a + b + 2) { return exp(logFront) * fraction(x, a, b) / a }
    return 1 - exp(logFront) * fraction(1 - x, b, a) / b
  }

  private static func logGamma(_ x: Double) -> Double {
    lgamma(x).0
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func nonZero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / nonZero(1 - (a + b) * x / (a + 1))
    var result = d
    for index in 1...1_000 {
      let m = Double(index)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonZero(1 + even * d)
      c = nonZero(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonZero(1 + odd * d)
      c = nonZero(1 + odd / c)
      let factor = d * c
      result *= factor
      if abs(factor - 1) < 1e-16 { break }
    }
    return result
  }
}
