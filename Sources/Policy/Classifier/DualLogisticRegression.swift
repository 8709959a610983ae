import Foundation
import Losses

/// L2-regularised logistic regression on sparse rows, by coordinate descent in the dual.
///
/// Minimises ½‖w‖² + C Σᵢ log(1 + exp(−yᵢ w·xᵢ)) through its dual
///
///     min over 0 < αᵢ < C of ½‖Σᵢ αᵢ yᵢ xᵢ‖² + Σᵢ αᵢ log αᵢ + (C − αᵢ) log(C − αᵢ)
///
/// one αᵢ at a time, with w = Σ αᵢ yᵢ xᵢ kept beside (Yu, Huang and Lin, "Dual coordinate descent
/// methods for logistic regression and maximum entropy models", Machine Learning 2011, algorithm 5).
/// There is no learning rate, and equal input gives equal bits.
struct DualLogisticRegression {
  /// Rows as lists of columns: those of row i are `columns[starts[i]..<starts[i + 1]]`.
  let columns: [UInt32]
  let starts: [Int]
  /// The value of a column wherever it is present.
  let scale: [Float]
  /// The value of the last, implicit column of every row; its weight times it is the intercept.
  let bias: Float
  /// +1 or −1 for each row.
  let signs: [Double]
  /// C.
  let cost: Double

  /// The solution: the weight of presence of each column, `scale` worked in, and the intercept.
  ///
  /// - Parameters:
  ///   - passes: over all rows, at most.
  ///   - tolerance: ends when no derivative of a pass was larger.
  func solve(passes: Int, tolerance: Double = 1e-2) -> (weights: [Float], intercept: Double) {
    let rows = signs.count
    var weights = [Float](repeating: 0, count: scale.count)
    var biasWeight = 0.0
    // liblinear's start: almost all of the mass on C − α.
    let start = min(0.001 * cost, 1e-8)
    var alpha = [Double](repeating: start, count: rows)
    let squares = squaredNorms()
    columns.withUnsafeBufferPointer { columns in
      scale.withUnsafeBufferPointer { scale in
        weights.withUnsafeMutableBufferPointer { weights in
          // `weights` holds w∘scale: a product with a row is then a sum, and an update adds
          // a multiple of scale².
          func add(_ amount: Double, row: Int) {
            let step = Float(amount)
            var index = starts[row]
            let end = starts[row + 1]
            while index < end {
              let column = Int(columns[index])
              weights[column] += step * scale[column] * scale[column]
              index += 1
            }
            biasWeight += amount * Double(bias)
          }
          for row in 0..<rows { add(start * signs[row], row: row) }
          for pass in 0..<passes {
            var stream = RandomStream(seed: 0, purpose: "classifier.order", UInt64(pass))
            var largest = 0.0
            for row in stream.permutation(rows) {
              var product: Float = 0
              var index = starts[row]
              let end = starts[row + 1]
              while index < end {
                product += weights[Int(columns[index])]
                index += 1
              }
              let margin = signs[row] * (Double(product) + biasWeight * Double(bias))
              let old = alpha[row]
              largest = max(largest, abs(margin + log(old / (cost - old))))
              let new = minimum(alpha: old, margin: margin, square: squares[row])
              alpha[row] = new
              if new != old { add((new - old) * signs[row], row: row) }
            }
            if largest < tolerance { break }
          }
        }
      }
    }
    return (weights, biasWeight * Double(bias))
  }

  private func squaredNorms() -> [Double] {
    (0..<signs.count).map { row in
      var sum = Double(bias) * Double(bias)
      for index in starts[row]..<starts[row + 1] {
        let value = Double(scale[Int(columns[index])])
        sum += value * value
      }
      return sum
    }
  }

  /// The α of one row with all others fixed.
  ///
  /// Newton on z ↦ log(z/(C − z)) + margin + (z − α)·‖x‖² = 0 from the side on which it converges
  /// (theorem 4 of the paper); where z would leave (0, C), it goes nine tenths of the way to the end.
  /// Works with α or C − α, whichever is the smaller, so that nothing cancels.
  private func minimum(alpha: Double, margin: Double, square: Double) -> Double {
    let middle = cost / 2
    // The derivative at C/2, where the logarithm is 0, tells on which half the solution lies.
    let isLower = margin + (middle - alpha) * square >= 0
    let origin = isLower ? alpha : cost - alpha
    let slope = isLower ? margin : -margin
    var z = origin
    if z > middle { z *= 0.1 }
    for _ in 0..<100 {
      let value = log(z / (cost - z)) + slope + (z - origin) * square
      if abs(value) < 1e-3 { break }
      let next = z - value / (square + cost / (z * (cost - z)))
      z = next <= 0 ? z * 0.1 : min(next, middle)
    }
    return isLower ? z : cost - z
  }
}
