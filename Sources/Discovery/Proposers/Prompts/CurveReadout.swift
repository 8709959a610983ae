import Foundation
import Losses

/// The mean learning curves of an evaluation, in words that a model can read.
struct CurveReadout: Hashable {
  struct Line: Hashable {
    var name: String
    /// One value a step.
    var values: [Double]
  }

  var steps: [Int]
  var curves: [Line]

  /// The mean over the record's seeds; nil when a seed has no curve or theirs have not the same steps.
  static func mean(of record: EvaluationRecord) -> CurveReadout? {
    let curves = record.seeds.compactMap(\.curve)
    guard let first = curves.first, curves.count == record.seeds.count, !first.step.isEmpty,
      curves.allSatisfy({ $0.step == first.step && $0.isWhole })
    else { return nil }
    func mean(_ values: (LearningCurve) -> [Double]) -> [Double] {
      first.step.indices.map { step in
        curves.map { values($0)[step] }.reduce(0, +) / Double(curves.count)
      }
    }
    return CurveReadout(
      steps: first.step,
      curves: [
        Line(name: "loss", values: mean(\.loss)),
        Line(name: "margin (nats)", values: mean(\.margin)),
        Line(name: "accuracy", values: mean(\.accuracy)),
        Line(name: "chosen reward (nats)", values: mean(\.chosen)),
        Line(name: "rejected reward (nats)", values: mean(\.rejected)),
        Line(name: "gradient norm", values: mean(\.gradientNorm)),
      ])
  }

  /// One line for each curve: a sparkline, and the numbers at eight of the steps.
  var lines: [String] {
    let places = Self.places(steps.count, count: 8)
    let head = "steps " + places.map { "\(steps[$0])" }.joined(separator: ", ")
    return [head]
      + curves.map { line in
        let numbers = places.map { Self.number(line.values[$0]) }.joined(separator: ", ")
        return "\(line.name) \(Self.sparkline(line.values)) \(numbers)"
      }
  }

  /// A picture in eight heights of a character, from the least to the greatest finite value.
  ///
  /// - Returns: at most 24 characters; a value that is not finite is `×`, equal values are in the middle.
  static func sparkline(_ values: [Double]) -> String {
    let shown = places(values.count, count: 24).map { values[$0] }
    let finite = shown.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else {
      return String(repeating: "×", count: shown.count)
    }
    let bars = Array("▁▂▃▄▅▆▇█")
    return String(
      shown.map { value -> Character in
        guard value.isFinite else { return "×" }
        // Halves first: the span of two huge numbers would be infinite.
        let span = high / 2 - low / 2
        guard span > 0 else { return bars[3] }
        let height = (value / 2 - low / 2) / span
        return bars[min(7, max(0, Int((height * 7).rounded())))]
      })
  }

  /// Evenly spaced indices, the first and the last among them.
  static func places(_ total: Int, count: Int) -> [Int] {
    guard total > count else { return Array(0..<total) }
    return (0..<count).map { ($0 * (total - 1) + (count - 1) / 2) / (count - 1) }
  }

  /// Three significant digits.
  private static func number(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3g", value) : Readout.fixed(value, decimals: 0)
  }
}

extension LearningCurve {
  /// Whether every array has a value for each step; a record from elsewhere may not.
  fileprivate var isWhole: Bool {
    [loss, margin, accuracy, chosen, rejected, gradientNorm].allSatisfy { $0.count == step.count }
  }
}
