import Losses

/// Trees as text: `softplus(-x / tau) + 0.5 * relu(1 - x)`.
///
/// One notation serves the table of seeds, the journal and the reader of a loss. Reading what was
/// written gives the same tree.
extension LossTree {
  /// The tree as a formula.
  var formula: String { formula { _ in nil } }

  /// The tree as text in Swift's notation, where some parts have names.
  ///
  /// - Parameter name: the text of a part; nil for a part that is written out.
  func formula(_ name: (LossTree) -> String?) -> String { text(name).text }

  /// The text, and how tightly its outermost operator binds.
  private func text(_ name: (LossTree) -> String?) -> (text: String, precedence: Int) {
    if let name = name(self) { return (name, 6) }
    switch head {
    case .input(let input): return (input.rawValue, 6)
    case .tunable(let tunable): return (tunable.rawValue, 6)
    case .constant(let value):
      let text = value == value.rounded() && value.magnitude < 1e6 ? "\(Int(value))" : "\(value)"
      return (text, value.sign == .minus ? 4 : 6)
    case .apply(let operation):
      let parts = operands.map { $0.text(name) }
      guard operation.isOperator else {
        return ("\(operation.rawValue)(\(parts.map(\.text).joined(separator: ", ")))", 5)
      }
      let own = operation.precedence
      // Swift's operators group to the left, and a minus may not stand beside another.
      let shown = parts.enumerated().map { place, part in
        let isLoose = part.precedence < own || part.precedence == own && (place > 0 || own == 4)
        let isNegative = part.precedence == 4 && (place > 0 || own == 4)
        return isLoose || isNegative || own == 1 && part.precedence == 1
          ? "(\(part.text))" : part.text
      }
      return parts.count == 1
        ? ("\(operation.symbol)\(shown[0])", own)
        : ("\(shown[0]) \(operation.symbol) \(shown[1])", own)
    }
  }

  /// Reads a formula.
  ///
  /// - Throws: `LossmithError` (`malformedInput`) that names what was not understood.
  init(formula: String) throws(LossmithError) {
    var reader = FormulaReader(formula)
    self = try reader.whole()
    guard isWellTyped else {
      throw LossmithError(.malformedInput, "The formula \(formula) mixes kinds of values.")
    }
  }
}

/// A reader by precedence climbing.
private struct FormulaReader {
  private let formula: String
  private let tokens: [String]
  private var place = 0

  init(_ formula: String) {
    self.formula = formula
    var tokens: [String] = []
    var word = ""
    for character in formula {
      // The sign of an exponent belongs to its number.
      let isExponent =
        (character == "-" || character == "+") && word.last == "e"
        && word.first?.isNumber == true
      if character.isLetter || character.isNumber || character == "." || character == "_"
        || isExponent
      {
        word.append(character)
        continue
      }
      if !word.isEmpty { tokens.append(word) }
      word = ""
      if !character.isWhitespace { tokens.append(String(character)) }
    }
    self.tokens = word.isEmpty ? tokens : tokens + [word]
  }

  mutating func whole() throws(LossmithError) -> LossTree {
    let tree = try expression(binding: 0)
    if place < tokens.count { throw misfit() }
    return tree
  }

  private mutating func expression(binding: Int) throws(LossmithError) -> LossTree {
    var left = try operand()
    while place < tokens.count, let operation = Self.infix[tokens[place]],
      operation.precedence > binding
    {
      place += 1
      left = .apply(operation, left, try expression(binding: operation.precedence))
    }
    return left
  }

  private mutating func operand() throws(LossmithError) -> LossTree {
    guard place < tokens.count else { throw misfit() }
    let token = tokens[place]
    place += 1
    if token == "-" || token == "!" {
      let inner = try expression(binding: 4)
      if token == "!" { return .apply(.not, inner) }
      if case .constant(let value) = inner.head { return .constant(-value) }
      return .apply(.negate, inner)
    }
    if token == "(" {
      let inner = try expression(binding: 0)
      try expect(")")
      return inner
    }
    if let value = Double(token) { return .constant(value) }
    if let input = LossTree.Input(rawValue: token) { return .input(input) }
    if let tunable = EvolvedTunable(rawValue: token) { return .tunable(tunable) }
    guard let operation = LossTree.Operation(rawValue: token), !operation.isOperator else {
      place -= 1
      throw misfit()
    }
    var operands: [LossTree] = []
    try expect("(")
    while operands.count < operation.arity {
      if !operands.isEmpty { try expect(",") }
      operands.append(try expression(binding: 0))
    }
    try expect(")")
    return LossTree(head: .apply(operation), operands: operands)
  }

  private mutating func expect(_ token: String) throws(LossmithError) {
    guard place < tokens.count, tokens[place] == token else { throw misfit() }
    place += 1
  }

  private func misfit() -> LossmithError {
    let found = place < tokens.count ? "“\(tokens[place])”" : "the end"
    return LossmithError(
      .malformedInput, "The formula \(formula) is not understood at \(found).")
  }

  private static let infix: [String: LossTree.Operation] = [
    "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "<": .less, ">": .greater,
    "&": .both, "|": .either,
  ]
}
