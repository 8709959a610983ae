import Foundation

extension LossTree {
  /// What a tree may do, in LossKit's words. The raw value is the name in formulas and in Swift.
  enum Operation: String, Hashable, Sendable, CaseIterable {
    // Arithmetic, also of numbers.
    case negate = "-"
    case add = "+"
    case subtract = "−"
    case multiply = "*"
    case divide = "/"
    // Functions of one vector.
    case exp, log1p, softplus, sigmoid, logSigmoid, tanh, relu, square, abs, logCosh, atan, asinh
    case normalCDF
    // Of two.
    case minimum, maximum
    // Comparisons, and what is made of them.
    case less = "<"
    case greater = ">"
    case both = "&"
    case either = "|"
    case not = "!"
    case select
    // Statistics of the batch.
    case mean, standardDeviation, variance

    var operands: [Kind] {
      switch self {
      case .negate, .exp, .log1p, .softplus, .sigmoid, .logSigmoid, .tanh, .relu, .square, .abs,
        .logCosh, .atan, .asinh, .normalCDF, .mean, .standardDeviation, .variance:
        [.vector]
      case .add, .subtract, .multiply, .divide, .minimum, .maximum, .less, .greater:
        [.vector, .vector]
      case .both, .either: [.mask, .mask]
      case .not: [.mask]
      case .select: [.mask, .vector, .vector]
      }
    }

    var arity: Int { operands.count }

    /// Of arithmetic on numbers alone it is a number instead.
    var result: Kind {
      switch self {
      case .less, .greater, .both, .either, .not: .mask
      default: .vector
      }
    }

    var isArithmetic: Bool {
      switch self {
      case .negate, .add, .subtract, .multiply, .divide: true
      default: false
      }
    }

    var isStatistic: Bool { self == .mean || self == .standardDeviation || self == .variance }

    /// Whether it stands between or before its operands.
    var isOperator: Bool {
      isArithmetic || result == .mask
    }

    /// How tightly an operator binds, as in Swift (where `&` binds like `*`, and `|` like `+`);
    /// functions bind tightest.
    var precedence: Int {
      switch self {
      case .less, .greater: 1
      case .add, .subtract, .either: 2
      case .multiply, .divide, .both: 3
      case .negate, .not: 4
      default: 5
      }
    }

    /// The operator as Swift writes it.
    var symbol: String { self == .subtract ? "-" : rawValue }

    /// Functions and operators that take the same operands to the same kind.
    var siblings: [Operation] {
      Self.allCases.filter {
        $0 != self && $0.operands == operands && $0.result == result
          && $0.isStatistic == isStatistic
      }
    }

    /// The function on plain numbers.
    ///
    /// - Precondition: one vector operand, no statistic.
    func value(_ x: Double) -> Double {
      switch self {
      case .negate: -x
      case .exp: Foundation.exp(x)
      case .log1p: Foundation.log1p(x)
      case .softplus: Swift.max(x, 0) + Foundation.log1p(Foundation.exp(-x.magnitude))
      case .sigmoid:
        x >= 0
          ? 1 / (1 + Foundation.exp(-x)) : Foundation.exp(x) / (1 + Foundation.exp(x))
      case .logSigmoid: Swift.min(x, 0) - Foundation.log1p(Foundation.exp(-x.magnitude))
      case .tanh: Foundation.tanh(x)
      case .relu: x <= 0 ? 0 : x
      case .square: x * x
      case .abs: x.magnitude
      case .logCosh:
        x.magnitude + Foundation.log1p(Foundation.exp(-2 * x.magnitude)) - 0.6931471805599453
      case .atan: Foundation.atan(x)
      case .asinh: Foundation.asinh(x)
      case .normalCDF: 0.5 * Foundation.erfc(-x * 0.7071067811865476)
      default: preconditionFailure("\(rawValue) is no function of one number")
      }
    }

    /// The function on plain numbers; a comparison gives 1 or 0.
    ///
    /// - Precondition: two operands.
    func value(_ a: Double, _ b: Double) -> Double {
      switch self {
      case .add: a + b
      case .subtract: a - b
      case .multiply: a * b
      case .divide: a / b
      case .minimum: a < b || a.isNaN ? a : b
      case .maximum: a > b || a.isNaN ? a : b
      case .less: a < b ? 1 : 0
      case .greater: a > b ? 1 : 0
      case .both: a != 0 && b != 0 ? 1 : 0
      case .either: a != 0 || b != 0 ? 1 : 0
      default: preconditionFailure("\(rawValue) is no function of two numbers")
      }
    }
  }
}
