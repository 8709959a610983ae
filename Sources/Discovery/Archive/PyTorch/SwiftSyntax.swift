/// The Swift that a loss is written in, as trees: what ``SwiftParser`` reads and ``TorchWriter``
/// writes.
indirect enum SwiftExpression: Hashable {
  case number(String)
  case name(String)
  /// `batch.margin`; without a base `.infinity`.
  case member(SwiftExpression?, String)
  case call(SwiftExpression, [Argument])
  case element(SwiftExpression, SwiftExpression)
  case prefix(String, SwiftExpression)
  case binary(String, SwiftExpression, SwiftExpression)
  case choice(SwiftExpression, SwiftExpression, SwiftExpression)
  case tuple([SwiftExpression])
  case array([SwiftExpression])
  case text(String)

  struct Argument: Hashable {
    var label: String?
    var value: SwiftExpression
  }
}

/// A statement with its line.
struct SwiftStatement: Hashable {
  indirect enum Body: Hashable {
    /// `let (a, b) = …`; nil for a variable that gets its value later.
    case declare([String], type: String?, SwiftExpression?)
    /// `x = …`, `x += …`.
    case assign(SwiftExpression, String, SwiftExpression)
    case evaluate(SwiftExpression)
    case give(SwiftExpression)
    case test(SwiftExpression, then: [SwiftStatement], otherwise: [SwiftStatement])
    case loop(String, over: SwiftExpression, [SwiftStatement])
    case function(SwiftFunction)
  }

  var line: Int
  var body: Body
}

struct SwiftFunction: Hashable {
  struct Parameter: Hashable {
    /// nil for `_`.
    var label: String?
    var name: String
    var type: String
    var initial: SwiftExpression?
  }

  var name: String
  var parameters: [Parameter]
  /// nil for none.
  var result: String?
  var body: [SwiftStatement]
  var line: Int
}
