import Foundation

/// A map from values of 0 and above to coordinates that gives small ones room: the coordinate grows with
/// the square root.
///
/// KL lies at 0 for the reference and spans two orders of magnitude over a grid of β. A logarithm
/// would have no place for the 0.
struct SquareRootScale: Sendable {
  let high: Double
  /// Coordinates of 0 and of `high`.
  let start: Double
  let end: Double
  let ticks: [Double]

  /// The scale from 0 to the largest value; what is not finite is left out.
  init(covering values: [Double], from start: Double, to end: Double) {
    let high = max(1e-6, values.filter(\.isFinite).max() ?? 1) * 1.04
    self.high = high
    self.start = start
    self.end = end
    var ticks = [0.0]
    let power = pow(10, log10(high).rounded(.down))
    for tick in [0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5].map({ $0 * power }) where tick <= high {
      ticks.append(tick)
    }
    // Labels need room: a tick that follows too closely is left out.
    self.ticks = ticks.reduce(into: []) { kept, tick in
      let room = (tick / high).squareRoot() - ((kept.last ?? -1) / high).squareRoot()
      if kept.isEmpty || room > 0.13 { kept.append(tick) }
    }
  }

  /// A value below 0 lies at 0.
  func callAsFunction(_ value: Double) -> Double {
    start + (max(0, value) / high).squareRoot() * (end - start)
  }

  func label(_ tick: Double) -> String { NumberText.short(tick) }
}
