import Foundation

/// A linear map from values to coordinates with ticks at round numbers.
struct LinearScale: Sendable {
  let low: Double
  let high: Double
  /// Coordinates of `low` and `high`.
  let start: Double
  let end: Double
  let ticks: [Double]
  /// Decimals that tell the ticks apart.
  let decimals: Int

  /// The scale that covers the values, widened to whole ticks.
  ///
  /// Values that are not finite are left out; without any the scale is 0…1, and a single one gets
  /// room on both sides.
  init(covering values: [Double], from start: Double, to end: Double, tickCount: Int = 5) {
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-290) {
      let room = max(abs(low) * 0.05, 1e-3)
      low -= room
      high += room
    }
    let step = Self.niceStep((high - low) / Double(max(1, tickCount)))
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    self.low = first * step
    self.high = last * step
    self.start = start
    self.end = end
    ticks = (0...Int(min(last - first, 50))).map { (first + Double($0)) * step }
    decimals = min(12, max(0, -Int(log10(step).rounded(.down))))
  }

  func callAsFunction(_ value: Double) -> Double {
    start + (value - low) / (high - low) * (end - start)
  }

  func label(_ tick: Double) -> String { NumberText.fixed(tick, decimals: decimals) }

  /// The smallest of 1, 2, 5 times a power of ten that is not below the raw step.
  static func niceStep(_ raw: Double) -> Double {
    let power = pow(10, log10(raw).rounded(.down))
    let factor = raw / power
    let nice: Double = factor <= 1 + 1e-9 ? 1 : factor <= 2 + 1e-9 ? 2 : factor <= 5 + 1e-9 ? 5 : 10
    return nice * power
  }
}

/// Moves labels apart that would overlap.
enum LabelLayout {
  /// Positions at least `gap` apart and inside the bounds where they fit, in the order given, each as
  /// near to its wish as a sweep down and one up leave it.
  static func spread(_ wishes: [Double], gap: Double, within bounds: ClosedRange<Double>)
    -> [Double]
  {
    let order = wishes.indices.sorted { (wishes[$0], $0) < (wishes[$1], $1) }
    var placed = wishes
    var previous = bounds.lowerBound - gap
    for index in order {
      placed[index] = max(wishes[index], previous + gap)
      previous = placed[index]
    }
    var next = bounds.upperBound + gap
    for index in order.reversed() {
      placed[index] = min(placed[index], next - gap)
      next = placed[index]
    }
    return placed
  }
}
