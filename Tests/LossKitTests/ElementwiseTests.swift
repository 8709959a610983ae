import Foundation
import Testing

@testable import LossKit

struct NamedFunction: Sendable, CustomTestStringConvertible {
  var name: String
  var points: [Double]
  var function: @Sendable (Vector) -> Vector
  var testDescription: String { name }

  init(_ name: String, _ points: [Double], _ function: @escaping @Sendable (Vector) -> Vector) {
    self.name = name
    self.points = points
    self.function = function
  }
}

private let anywhere = [-31, -8.5, -2.25, -0.6, -0.05, 0.04, 0.7, 1.9, 9.25, 28]
private let positive = [0.03, 0.4, 1, 1.7, 12, 350]
private let negative = [-30, -4.5, -0.9, -0.69, -0.5, -0.02]

@Suite("Functions of one vector")
struct ElementwiseTests {
  static let functions = [
    NamedFunction("exp", [-40, -3, -0.1, 0, 0.2, 4]) { exp($0) },
    NamedFunction("expm1", [-40, -3, -0.1, 0, 0.2, 4]) { expm1($0) },
    NamedFunction("log", positive) { log($0) },
    NamedFunction("log1p", positive) { log1p($0) },
    NamedFunction("log1mExp", negative) { log1mExp($0) },
    NamedFunction("sqrt", positive) { sqrt($0) },
    NamedFunction("square", anywhere) { square($0) },
    NamedFunction("pow 3", anywhere) { pow($0, 3) },
    NamedFunction("pow 2.5", positive) { pow($0, 2.5) },
    NamedFunction("pow -1.5", positive) { pow($0, -1.5) },
    NamedFunction("pow 1", anywhere) { pow($0, 1) },
    NamedFunction("pow 0", anywhere) { pow($0, 0) },
    NamedFunction("power of 0.9", anywhere) { pow(0.9, $0) },
    NamedFunction("abs", anywhere) { abs($0) },
    NamedFunction("sigmoid", anywhere) { sigmoid($0) },
    NamedFunction("logSigmoid", anywhere) { logSigmoid($0) },
    NamedFunction("softplus", anywhere) { softplus($0) },
    NamedFunction("tanh", anywhere) { tanh($0) },
    NamedFunction("erf", anywhere) { erf($0) },
    NamedFunction("atan", anywhere) { atan($0) },
    NamedFunction("relu", anywhere) { relu($0) },
    NamedFunction("clamp", anywhere) { clamp($0, min: -1, max: 1.5) },
    NamedFunction("clamp below", anywhere) { clamp($0, min: 0.5) },
    NamedFunction("minimum with a number", anywhere) { minimum($0, 0.5) },
    NamedFunction("maximum with a number", anywhere) { max(0.5, $0) },
    NamedFunction("negation", anywhere) { -$0 },
    NamedFunction("x + c", anywhere) { $0 + 3 },
    NamedFunction("c + x", anywhere) { 3 + $0 },
    NamedFunction("x - c", anywhere) { $0 - 3 },
    NamedFunction("c - x", anywhere) { 3 - $0 },
    NamedFunction("x * c", anywhere) { $0 * 3 },
    NamedFunction("c * x", anywhere) { -0.3 * $0 },
    NamedFunction("x / c", anywhere) { $0 / 0.7 },
    NamedFunction("c / x", positive) { 0.7 / $0 },
    NamedFunction("composite") { x in (1 - sigmoid(x / 0.5)) * softplus(-x) },
  ]

  @Test("The gradient equals central differences", arguments: functions)
  func gradient(_ f: NamedFunction) {
    expectGradients([f.points]) { f.function($0[0]) }
  }

  @Test(
    "One element alone has the value and the gradient that it has among others",
    arguments: functions)
  func independence(_ f: NamedFunction) {
    let together = trial(f.points, f.function)
    for (i, x) in f.points.enumerated() {
      let alone = point(x, f.function)
      #expect(alone.value == together.values[i])
      #expect(alone.slope == together.gradients[0][i])
    }
  }

  static let bounded = [
    NamedFunction("sigmoid", []) { sigmoid($0) },
    NamedFunction("logSigmoid", []) { logSigmoid($0) },
    NamedFunction("softplus", []) { softplus($0) },
    NamedFunction("tanh", []) { tanh($0) },
    NamedFunction("erf", []) { erf($0) },
    NamedFunction("atan", []) { atan($0) },
    NamedFunction("relu", []) { relu($0) },
    NamedFunction("abs", []) { abs($0) },
    NamedFunction("clamp", []) { clamp($0, min: -2, max: 2) },
    NamedFunction("exp of a bounded argument", []) { exp(-softplus($0)) },
  ]

  static let extremes: [Double] = [
    0, -0.0, Double.leastNonzeroMagnitude, 1e-300, 1e-16, 1, 36, 40, 700, 745, 1e4, 1e16, 1e300,
    .greatestFiniteMagnitude,
  ]

  @Test("Values and slopes are finite over the whole range of doubles", arguments: bounded)
  func finite(_ f: NamedFunction) {
    for x in Self.extremes + Self.extremes.map({ -$0 }) {
      let (value, slope) = point(x, f.function)
      #expect(value.isFinite && slope.isFinite, "\(x): \(value), \(slope)")
      #expect(abs(slope) <= 1.2, "\(x): slope \(slope)")
    }
  }

  @Test("NaN goes through, it is never turned into a number", arguments: functions)
  func notANumber(_ f: NamedFunction) {
    // x⁰ is 1 for every x, NaN included.
    guard f.name != "pow 0" else { return }
    #expect(point(.nan, f.function).value.isNaN)
  }

  @Test("The tails of the logistic family keep their digits")
  func tails() {
    for x in [37.0, 50, 300, 700] {
      let e = Foundation.exp(-x)
      func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-14 * abs(b) }
      #expect(near(point(-x) { sigmoid($0) }.value, e))
      #expect(near(point(-x) { sigmoid($0) }.slope, e))
      #expect(near(point(x) { sigmoid($0) }.slope, e))
      #expect(near(point(-x) { softplus($0) }.value, e))
      #expect(near(point(-x) { softplus($0) }.slope, e))
      #expect(near(point(x) { logSigmoid($0) }.value, -e))
      #expect(near(point(x) { logSigmoid($0) }.slope, e))
      #expect(near(point(x / 2) { tanh($0) }.slope, 4 * e))
      #expect(near(point(-x) { log1mExp($0) }.value, -e))
    }
    #expect(point(1e-20) { expm1($0) }.value == 1e-20)
    #expect(point(1e-20) { log1p($0) }.value == 1e-20)
    #expect(abs(point(-1e-20) { log1mExp($0) }.value - Foundation.log(1e-20)) < 1e-13)
  }

  @Test("Slopes at kinks are PyTorch's")
  func kinks() {
    #expect(point(0) { relu($0) }.slope == 0)
    #expect(point(0) { abs($0) }.slope == 0)
    #expect(point(1) { clamp($0, min: -1, max: 1) }.slope == 1)
    #expect(point(-1) { clamp($0, min: -1, max: 1) }.slope == 1)
    #expect(point(1.1) { clamp($0, min: -1, max: 1) }.slope == 0)
    #expect(point(2) { maximum($0, 2) }.slope == 0.5)
    #expect(point(2) { minimum($0, 2) }.slope == 0.5)
    #expect(point(0) { sqrt($0) }.slope == .infinity)
    #expect(point(0) { pow($0, 0) }.slope == 0)
    #expect(point(0) { pow($0, 3) }.slope == 0)
    #expect(point(0) { pow(0, $0) }.slope == 0)
  }

  @Test("Comparisons, sign and detach have values and no gradient")
  func withoutGradient() {
    let x = [-1.5, 0, 2]
    #expect(trial(x) { $0 > 0 }.values == [0, 0, 1])
    #expect(trial(x) { $0 >= 0 }.values == [0, 1, 1])
    #expect(trial(x) { $0 < 0 }.values == [1, 0, 0])
    #expect(trial(x) { $0 <= 0 }.values == [1, 1, 0])
    #expect(trial(x) { $0 == 0 }.values == [0, 1, 0])
    #expect(trial(x) { $0 != 0 }.values == [1, 0, 1])
    #expect(trial(x) { 0 > $0 }.values == [1, 0, 0])
    #expect(trial(x) { 0 <= $0 }.values == [0, 1, 1])
    #expect(trial(x) { ($0 > 0) | ($0 < 0) }.values == [1, 0, 1])
    #expect(trial(x) { ($0 > 0) & ($0 < 0) }.values == [0, 0, 0])
    #expect(trial(x) { !($0 > 0) }.values == [1, 1, 0])
    #expect(trial(x) { sign($0) }.values == [-1, 0, 1])
    #expect(trial([x, [0, 0, 3]]) { $0[0] > $0[1] }.values == [0, 0, 0])
    #expect(trial(x) { sign($0) + ($0 > 0) + detach($0) }.gradients == [[0, 0, 0]])
    // The positive control: the same without detach.
    #expect(trial(x) { sign($0) + ($0 > 0) + $0 }.gradients == [[1, 1, 1]])
  }

  @Test("PyTorch's spellings are the same functions")
  func spellings() {
    let x = [-1.5, 0.25, 2]
    let pairs: [(@Sendable (Vector) -> Vector, @Sendable (Vector) -> Vector)] = [
      ({ logsigmoid($0) }, { logSigmoid($0) }), ({ $0.sigmoid() }, { sigmoid($0) }),
      ({ $0.mean() + 0 * $0 }, { mean($0) + 0 * $0 }), ({ $0.std() }, { standardDeviation($0) }),
      ({ $0.clamp(min: -1, max: 1) }, { clamp($0, min: -1, max: 1) }),
      ({ cumsum($0) }, { cumulativeSum($0) }), ({ logsumexp($0) }, { logSumExp($0) }),
      ({ cat([$0, $0]) }, { concatenate($0, $0) }), ({ $0.abs().sqrt() }, { sqrt(abs($0)) }),
    ]
    for (one, other) in pairs {
      let (a, b) = (trial(x, one), trial(x, other))
      #expect(a.values == b.values && a.gradients == b.gradients)
    }
  }
}

extension NamedFunction {
  init(_ name: String, _ function: @escaping @Sendable (Vector) -> Vector) {
    self.init(name, anywhere, function)
  }
}
