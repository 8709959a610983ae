import Foundation
import Losses

/// How numbers are written in prompts: as many digits as the noise leaves meaning to.
enum Readout {
  /// A value with a fixed number of decimals; words for what is not finite.
  static func fixed(_ value: Double, decimals: Int) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-infinity" : "infinity" }
    // A number of huge size says more in powers of ten than in three hundred digits.
    if abs(value) >= 1e9 { return String(format: "%.4g", value) }
    let text = String(format: "%.\(decimals)f", value)
    // −0.00 would read as a loss of something.
    return text.allSatisfy({ "-0.".contains($0) }) && text.hasPrefix("-")
      ? String(text.dropFirst()) : text
  }

  static func signed(_ value: Double, decimals: Int) -> String {
    let text = fixed(value, decimals: decimals)
    return value > 0 && !text.hasPrefix("+") ? "+" + text : text
  }

  /// Decimals that show two digits of an error; 4 where there is none to go by.
  static func decimals(for error: Double?) -> Int {
    guard let error, error > 0, error.isFinite else { return 4 }
    return min(8, max(2, 1 - Int(log10(error).rounded(.down))))
  }

  /// `0.7312 ± 0.0041`, or the bare mean of a single seed.
  static func estimate(_ eta: Estimate) -> String {
    let decimals = decimals(for: eta.se)
    guard let se = eta.se else { return fixed(eta.mean, decimals: decimals) }
    return "\(fixed(eta.mean, decimals: decimals)) ± \(fixed(se, decimals: decimals))"
  }

  /// `+0.012 [-0.001, +0.025]`, or the bare difference of a single seed.
  static func difference(_ difference: Difference) -> String {
    let decimals = decimals(for: halfWidth(difference))
    let mean = signed(difference.mean, decimals: decimals)
    guard let low = difference.low, let high = difference.high else { return mean }
    return "\(mean) [\(signed(low, decimals: decimals)), \(signed(high, decimals: decimals))]"
  }

  /// What a difference must exceed to be told from noise; nil for a single seed.
  static func halfWidth(_ difference: Difference) -> Double? {
    guard let low = difference.low, let high = difference.high else { return nil }
    return (high - low) / 2
  }

  /// KL with three significant digits.
  static func kl(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3g", value) : fixed(value, decimals: 3)
  }
}
