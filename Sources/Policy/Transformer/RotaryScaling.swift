import Foundation

/// How rotary positions were stretched to texts longer than those of the first training.
public enum RotaryScaling: Hashable, Sendable, Codable {
  /// Every angle divided by the factor (Chen et al. 2023, arXiv 2306.15595).
  case linear(factor: Double)
  /// Llama 3's: angles that turn fully less than `low` times in the first context are divided by
  /// the factor, those that turn more than `high` times stay, and those between are mixed (Grattafiori et
  /// al. 2024, arXiv 2407.21783, as in `transformers`).
  case llama3(factor: Double, low: Double, high: Double, originalContext: Int)

  /// The scaled frequency, in radians a position.
  func apply(_ frequency: Double) -> Double {
    switch self {
    case .linear(let factor): return frequency / factor
    case .llama3(let factor, let low, let high, let context):
      let turns = Double(context) * frequency / (2 * Double.pi)
      if turns < low { return frequency / factor }
      if turns > high { return frequency }
      let share = (turns - low) / (high - low)
      return (1 - share) * frequency / factor + share * frequency
    }
  }
}

/// Cosines and sines of the angles by position.
///
/// Rows are made up to the longest sequence that was asked for, so a model for long texts costs nothing
/// until there is one.
final class RotaryTable {
  /// Elements of half a head.
  let half: Int
  /// Rows that are there.
  private(set) var positions = 0
  private let frequencies: [Float]
  private var storage = FloatStorage(count: 0)

  init(_ rotary: TransformerConfiguration.Rotary, headWidth: Int) {
    half = headWidth / 2
    // In single precision as in transformers, so that angles far out are the ones of the training.
    frequencies = (0..<half).map {
      let plain = Float(pow(rotary.base, -2 * Double($0) / Double(headWidth)))
      return rotary.scaling.map { Float($0.apply(Double(plain))) } ?? plain
    }
  }

  /// Makes the rows of the first positions; not while a thread reads them.
  func reserve(_ count: Int) {
    guard count > positions else { return }
    let rows = max(count, 2 * positions)
    let table = FloatStorage(uninitialized: rows * 2 * half)
    for position in 0..<rows {
      let row = table.elements.baseAddress! + position * 2 * half
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        row[index] = Float(cos(angle))
        row[half + index] = Float(sin(angle))
      }
    }
    storage = table
    positions = rows
  }

  /// `[positions, 2 · half]`: cosines, then sines.
  var elements: UnsafePointer<Float> { UnsafePointer(storage.elements.baseAddress!) }
}
