import Testing

@testable import LossKit

/// A function of the vocabulary, where it is defined, and how it is tried out.
struct TriedOperation: Sendable, CustomTestStringConvertible {
  /// Which numbers an input may have.
  enum Domain: Sendable {
    case all, positive, negative
    /// Kept as it is, whatever the scale: indices, flags.
    case fixed

    var signs: [Double] {
      switch self {
      case .all: [1, -1]
      case .positive, .fixed: [1]
      case .negative: [-1]
      }
    }
  }

  typealias Condition = @Sendable ([[Double]]) -> Bool

  /// Names of ``Vocabulary`` that this covers.
  var names: [String]
  var inputs: [[Double]]
  var columns: [Int]
  var domains: [Domain]
  /// Where mathematics keeps the value, and the gradient, within the range of doubles.
  var valueIsFinite: Condition
  var gradientIsFinite: Condition
  /// Where a step of 2⁻¹⁴ of an input is small for the function.
  var isTame: Condition
  /// Whether the result takes no gradient.
  var isConstant: Bool
  var function: @Sendable ([Vector]) -> Vector

  var testDescription: String { names.joined(separator: ", ") }

  init(
    _ names: String..., inputs: [[Double]], columns: [Int] = [], domains: [Domain]? = nil,
    value: @escaping Condition = { _ in true }, gradient: @escaping Condition = { _ in true },
    tame: @escaping Condition = { _ in true }, isConstant: Bool = false,
    _ function: @escaping @Sendable ([Vector]) -> Vector
  ) {
    self.names = names
    self.inputs = inputs
    self.columns = columns
    self.domains = domains ?? inputs.map { _ in .all }
    self.valueIsFinite = value
    self.gradientIsFinite = gradient
    self.isTame = tame
    self.isConstant = isConstant
    self.function = function
  }

  /// The inputs at a scale for each, with every choice of signs.
  func points(_ scales: [Double]) -> [[[Double]]] {
    var points: [[[Double]]] = [[]]
    for (i, input) in inputs.enumerated() {
      let signs = domains[i].signs
      points = points.flatMap { point in
        signs.map { sign in
          let factor = domains[i] == .fixed ? 1 : sign * scales[i]
          return point + [input.map { $0 * factor }]
        }
      }
    }
    return points
  }

  func run(_ inputs: [[Double]]) -> Trial { trial(inputs, columns: columns, function) }
}

/// The largest size of any number.
func size(_ inputs: [[Double]]) -> Double {
  inputs.joined().reduce(0) { max($0, abs($1)) }
}
