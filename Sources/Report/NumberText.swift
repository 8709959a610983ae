import Foundation

/// How numbers are written in pages: as many digits as the noise leaves meaning to.
enum NumberText {
  /// A value with fixed decimals and a real minus sign; words for what is not finite.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
    if abs(value) >= 1e9 { return String(format: "%.4g", value) }
    let digits = String(format: "%.\(decimals)f", abs(value))
    let isZero = digits.allSatisfy { $0 == "0" || $0 == "." }
    return (value < 0 && !isZero ? "−" : "") + digits
  }

  static func signed(_ value: Double, decimals: Int) -> String {
    let text = fixed(value, decimals: decimals)
    return value > 0 ? "+" + text : text
  }

  /// As few digits as tell it apart, such as a β.
  static func short(_ value: Double) -> String { String(format: "%.4g", value) }

  /// `41 s`, `12 min`, `3.5 h`.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.95: fixed(seconds, decimals: 2) + " s"
    case ..<90: fixed(seconds, decimals: 0) + " s"
    case ..<5400: fixed(seconds / 60, decimals: 0) + " min"
    default: fixed(seconds / 3600, decimals: 1) + " h"
    }
  }

  /// Decimals that show two digits of an error; 4 where there is none to go by.
  static func decimals(for error: Double?) -> Int {
    guard let error, error > 0, error.isFinite else { return 4 }
    return min(8, max(2, 1 - Int(log10(error).rounded(.down))))
  }

  /// `0.7312 ± 0.0041`, or the bare mean of one seed.
  static func eta(_ eta: RunModel.Eta) -> String {
    let decimals = decimals(for: eta.se)
    let mean = fixed(eta.mean, decimals: decimals)
    return eta.se.map { "\(mean) ± \(fixed($0, decimals: decimals))" } ?? mean
  }

  /// `+0.012 [−0.001, +0.025]`, or the bare difference of one seed.
  static func delta(_ delta: RunModel.Delta) -> String {
    guard let low = delta.low, let high = delta.high else {
      return signed(delta.mean, decimals: 4)
    }
    let decimals = decimals(for: (high - low) / 2)
    return "\(signed(delta.mean, decimals: decimals))"
      + " [\(signed(low, decimals: decimals)), \(signed(high, decimals: decimals))]"
  }
}
