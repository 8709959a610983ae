import Foundation
import Testing

@testable import LossKit

/// What a function of vectors gave when it was run as a kernel runs it.
struct Trial {
  var values: [Double]
  /// d(sum of the values)/d(input), for each input.
  var gradients: [[Double]]
  /// LOSS_OK or LOSS_STATUS(code, line).
  var status: Int32

  var code: UInt32 { UInt32(status) & 0xff }
  var line: UInt32 { UInt32(status) >> 8 }
}

/// LossKit has one tape; tests run side by side.
let tapeLock = NSLock()

/// Runs `f` on differentiable inputs and sweeps back.
///
/// - Parameter columns: the length of the rows of each input; 0, or nothing, for a vector.
func trial(
  _ inputs: [[Double]], columns: [Int] = [], _ f: ([Vector]) -> Vector
) -> Trial {
  tapeLock.withLock {
    tape.begin()
    let vectors = inputs.indices.map { i in
      let values = inputs[i]
      let node = tape.append(
        .leaf, count: values.count, columns: i < columns.count ? Int32(columns[i]) : 0,
        needsGradient: true, line: 0)!
      tape.pointer(node).update(from: values, count: values.count)
      return Vector(node: node)
    }
    let result = f(vectors)
    guard tape.status == 0, tape.sweep(from: result.node) else {
      return Trial(values: [], gradients: [], status: tape.status)
    }
    return Trial(
      values: Array(UnsafeBufferPointer(start: tape.pointer(result.node), count: result.count)),
      gradients: vectors.map {
        Array(UnsafeBufferPointer(start: tape.adjointPointer($0.node), count: $0.count))
      },
      status: 0)
  }
}

func trial(_ input: [Double], _ f: (Vector) -> Vector) -> Trial {
  trial([input]) { f($0[0]) }
}

/// The value and slope of a function of one number.
func point(_ x: Double, _ f: (Vector) -> Vector) -> (value: Double, slope: Double) {
  let result = trial([x], f)
  return (result.values[0], result.gradients[0][0])
}

/// Whether two numbers agree to `tolerance`, relative to the larger of 1 and their size.
func agree(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}

/// Expects the gradient of Σ wᵢ·f(x)ᵢ, with uneven weights w, to equal fourth-order central
/// differences in every element of every input.
func expectGradients(
  _ inputs: [[Double]], columns: [Int] = [], skipping: [Int] = [], tolerance: Double = 1e-8,
  _ f: ([Vector]) -> Vector,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  func weighted(_ inputs: [[Double]]) -> Trial {
    trial(inputs, columns: columns) {
      let y = flatten(f($0))
      return sum(y * weights(y))
    }
  }
  let analytic = weighted(inputs)
  #expect(analytic.status == 0, sourceLocation: sourceLocation)
  for (k, input) in inputs.enumerated() where !skipping.contains(k) {
    for i in input.indices {
      let h = 1e-3 * max(0.1, abs(input[i]))
      func shifted(_ steps: Double) -> Double {
        var moved = inputs
        moved[k][i] += steps * h
        return weighted(moved).values[0]
      }
      let numeric = (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * h)
      // The difference of two sums of size |Σ| carries their rounding, divided by h.
      let rounding = 4e-15 * abs(analytic.values[0]) / h
      #expect(
        agree(analytic.gradients[k][i], numeric, tolerance + rounding),
        "input \(k)[\(i)] of \(inputs): \(analytic.gradients[k][i]) against \(numeric)",
        sourceLocation: sourceLocation)
    }
  }
}

/// sin 1.3, sin 2.1, …: weights without a pattern, of both signs.
func weights(_ x: Vector) -> Vector {
  vector((0..<x.count).map { Foundation.sin(1.3 + 0.8 * Double($0)) })
}
