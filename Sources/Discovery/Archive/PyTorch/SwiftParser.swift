import Losses

/// Reads the Swift that losses are written in: functions, constants, arithmetic, conditions and loops
/// over ranges.
///
/// What it does not know (closures, types of one's own, `switch` …) is refused with its line, never
/// passed over.
struct SwiftParser {
  private let tokens: [SwiftToken]
  private var place = 0

  /// - Throws: `LossmithError` (`malformedInput`).
  static func statements(of source: String) throws(LossmithError) -> [SwiftStatement] {
    var parser = SwiftParser(tokens: SwiftToken.all(of: source))
    var statements: [SwiftStatement] = []
    while parser.token.kind != .end { statements += try parser.statement() }
    return statements
  }

  private init(tokens: [SwiftToken]) { self.tokens = tokens }

  // MARK: - Tokens

  private var token: SwiftToken { tokens[place] }

  private func isAt(_ text: String) -> Bool {
    (token.kind == .symbol || token.kind == .name) && token.text == text
  }

  private mutating func take(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ text: String) throws(LossmithError) {
    if !take(text) { throw misfit() }
  }

  private mutating func name() throws(LossmithError) -> String {
    guard token.kind == .name else { throw misfit() }
    place += 1
    return tokens[place - 1].text
  }

  private func misfit() -> LossmithError {
    let found = token.kind == .end ? "the end" : "“\(token.text)”"
    return LossmithError(
      .malformedInput, "The export does not know what to do with \(found).",
      at: "line \(token.line)",
      remedy: "Write the loss with functions, let, if, for over a range, and arithmetic.")
  }

  // MARK: - Statements

  private mutating func block() throws(LossmithError) -> [SwiftStatement] {
    try expect("{")
    var statements: [SwiftStatement] = []
    while !isAt("}") {
      guard token.kind != .end else { throw misfit() }
      statements += try statement()
    }
    place += 1
    return statements
  }

  private mutating func statement() throws(LossmithError) -> [SwiftStatement] {
    let line = token.line
    func one(_ body: SwiftStatement.Body) -> [SwiftStatement] { [.init(line: line, body: body)] }
    if take(";") { return [] }
    for word in ["private", "fileprivate", "internal", "public", "nonisolated"] where isAt(word) {
      place += 1
      return try statement()
    }
    if take("func") { return one(.function(try function(line))) }
    if take("let") || take("var") { return try declaration(line) }
    if take("return") { return one(.give(try expression())) }
    if take("if") { return one(try condition()) }
    if take("guard") {
      let test = try expression()
      try expect("else")
      return one(.test(test, then: [], otherwise: try block()))
    }
    if take("for") {
      let variable = try name()
      try expect("in")
      let range = try expression()
      return one(.loop(variable, over: range, try block()))
    }
    let words = ["while", "repeat", "switch", "struct", "enum", "class", "extension", "import"]
    if words.contains(token.text), token.kind == .name { throw misfit() }
    let target = try expression()
    for symbol in ["=", "+=", "-=", "*=", "/="] where isAt(symbol) {
      place += 1
      return one(.assign(target, symbol, try expression()))
    }
    return one(.evaluate(target))
  }

  private mutating func condition() throws(LossmithError) -> SwiftStatement.Body {
    let test = try expression()
    let then = try block()
    guard take("else") else { return .test(test, then: then, otherwise: []) }
    let line = token.line
    if take("if") {
      return .test(test, then: then, otherwise: [.init(line: line, body: try condition())])
    }
    return .test(test, then: then, otherwise: try block())
  }

  private mutating func declaration(_ line: Int) throws(LossmithError) -> [SwiftStatement] {
    var statements: [SwiftStatement] = []
    repeat {
      var names: [String] = []
      if take("(") {
        repeat { names.append(try name()) } while take(",")
        try expect(")")
      } else {
        names = [try name()]
      }
      let type = take(":") ? try self.type() : nil
      let value = take("=") ? try expression() : nil
      statements.append(.init(line: line, body: .declare(names, type: type, value)))
    } while take(",")
    return statements
  }

  private mutating func function(_ line: Int) throws(LossmithError) -> SwiftFunction {
    let own = try name()
    try expect("(")
    var parameters: [SwiftFunction.Parameter] = []
    while !isAt(")") {
      let label = try name()
      let inner = isAt(":") ? label : try name()
      try expect(":")
      var parameter = SwiftFunction.Parameter(
        label: label == "_" ? nil : label, name: inner, type: try type())
      if take("=") { parameter.initial = try expression() }
      parameters.append(parameter)
      if !take(",") { break }
    }
    try expect(")")
    let result = take("->") ? try type() : nil
    return SwiftFunction(
      name: own, parameters: parameters, result: result, body: try block(), line: line)
  }

  /// `Vector`, `[Double]`, `(Vector, Vector)`.
  private mutating func type() throws(LossmithError) -> String {
    if take("[") {
      let element = try type()
      try expect("]")
      return "[\(element)]"
    }
    if take("(") {
      var parts: [String] = []
      repeat {
        // A label of a part says nothing here.
        if tokens[place + 1].text == ":", token.kind == .name { place += 2 }
        parts.append(try type())
      } while take(",")
      try expect(")")
      return "(\(parts.joined(separator: ", ")))"
    }
    return try name()
  }

  // MARK: - Expressions

  /// Swift's precedences.
  private static let precedence: [String: Int] = [
    "?": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, "<": 4, ">": 4, "<=": 4, ">=": 4,
    "..<": 5, "...": 5, "+": 6, "-": 6, "|": 6, "*": 7, "/": 7, "%": 7, "&": 7,
  ]

  private mutating func expression(above limit: Int = 0) throws(LossmithError) -> SwiftExpression {
    var left = try operand()
    while token.kind == .symbol, let own = Self.precedence[token.text], own > limit,
      token.spaceBefore == token.spaceAfter
    {
      let symbol = token.text
      place += 1
      if symbol == "?" {
        let yes = try expression(above: 0)
        try expect(":")
        left = .choice(left, yes, try expression(above: 0))
      } else {
        left = .binary(symbol, left, try expression(above: own))
      }
    }
    return left
  }

  private mutating func operand() throws(LossmithError) -> SwiftExpression {
    for symbol in ["-", "!", "+"] where isAt(symbol) && token.kind == .symbol {
      place += 1
      let inner = try operand()
      return symbol == "+" ? inner : .prefix(symbol, inner)
    }
    return try postfix(of: try primary())
  }

  private mutating func primary() throws(LossmithError) -> SwiftExpression {
    let first = token
    switch first.kind {
    case .number:
      place += 1
      return .number(first.text)
    case .string:
      place += 1
      return .text(first.text)
    case .name:
      if ["if", "switch", "try", "some", "any"].contains(first.text) { throw misfit() }
      place += 1
      return .name(first.text)
    case .symbol:
      if take("(") {
        var parts = [try expression()]
        while take(",") { parts.append(try expression()) }
        try expect(")")
        return .tuple(parts)
      }
      if take("[") {
        var parts: [SwiftExpression] = []
        while !isAt("]") {
          parts.append(try expression())
          if !take(",") { break }
        }
        try expect("]")
        return .array(parts)
      }
      if take(".") { return .member(nil, try name()) }
      throw misfit()
    case .end: throw misfit()
    }
  }

  private mutating func postfix(of base: SwiftExpression) throws(LossmithError) -> SwiftExpression {
    var base = base
    while true {
      if isAt("."), token.kind == .symbol {
        place += 1
        // `pair.0` is read as a number.
        base = .member(base, token.kind == .number ? token.text : token.text)
        guard token.kind == .name || token.kind == .number else { throw misfit() }
        place += 1
      } else if isAt("("), !token.startsLine {
        place += 1
        base = .call(base, try arguments())
        if isAt("{"), token.line == tokens[place - 1].line, isClosure { throw misfit() }
      } else if isAt("["), !token.startsLine, !token.spaceBefore {
        place += 1
        base = .element(base, try expression())
        try expect("]")
      } else {
        return base
      }
    }
  }

  /// Whether a brace after a call begins a closure: the body of an `if` or a loop follows a condition,
  /// which is read without one. Only `{ $0 …` and `{ name in` can be told apart here.
  private var isClosure: Bool {
    let next = tokens[min(place + 1, tokens.count - 1)]
    let second = tokens[min(place + 2, tokens.count - 1)]
    return next.text == "$" || second.text == "in" && next.text != "for" || next.text == "_"
  }

  private mutating func arguments() throws(LossmithError) -> [SwiftExpression.Argument] {
    var arguments: [SwiftExpression.Argument] = []
    while !isAt(")") {
      var label: String?
      if token.kind == .name, tokens[place + 1].text == ":", tokens[place + 1].kind == .symbol {
        label = token.text
        place += 2
      }
      arguments.append(.init(label: label, value: try expression()))
      if !take(",") { break }
    }
    try expect(")")
    return arguments
  }
}
