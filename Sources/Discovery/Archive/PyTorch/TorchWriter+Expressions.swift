import Losses

/// Expressions and the kinds of their values.
extension TorchWriter {
  mutating func condition(_ expression: SwiftExpression) throws(LossmithError) -> String {
    let test = try term(expression)
    guard test.kind == .bool else { throw refusal("a condition of this kind") }
    return test.text
  }

  mutating func range(_ expression: SwiftExpression) throws(LossmithError) -> String {
    guard case .binary(let symbol, let low, let high) = expression,
      symbol == "..<" || symbol == "..."
    else { throw refusal("a loop over anything but a range") }
    let (first, last) = (try term(low), try term(high))
    return "range(\(first.text), \(last.bound(11))\(symbol == "..." ? " + 1" : ""))"
  }

  mutating func term(_ expression: SwiftExpression) throws(LossmithError) -> TorchTerm {
    switch expression {
    case .number(let text): return try number(text)
    case .name(let name):
      if name == "true" || name == "false" {
        return TorchTerm(text: name == "true" ? "True" : "False", kind: .bool)
      }
      guard let known = variable(name) else { throw refusal("the name \(name)") }
      return TorchTerm(text: known.python, kind: known.kind)
    case .member(let base, let name): return try member(base, name)
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .element(let base, let index): return try element(base, index)
    case .prefix(let symbol, let inner):
      let inner = try term(inner)
      if symbol == "!" {
        return inner.kind.isTensor
          ? TorchTerm(text: "~\(inner.mask.bound(14))", kind: .mask, binding: 14)
          : TorchTerm(text: "not \(inner.bound(6))", kind: .bool, binding: 5)
      }
      return TorchTerm(
        text: "-\(inner.numeric.bound(14))", kind: inner.numeric.kind, binding: 13)
    case .binary(let symbol, let left, let right):
      return try binary(symbol, try term(left), try term(right))
    case .choice(let test, let yes, let no):
      let (test, yes, no) = (try condition(test), try term(yes), try term(no))
      let kind = yes.kind == .literal ? no.kind : yes.kind
      return TorchTerm(
        text: "\(yes.bound(3)) if \(test) else \(no.bound(2))", kind: kind, binding: 2)
    case .tuple(let parts):
      if parts.count == 1 { return try term(parts[0]) }
      var texts: [String] = []
      for part in parts { texts.append(try term(part).numeric.text) }
      return TorchTerm(text: "(\(texts.joined(separator: ", ")))", kind: .tuple)
    case .array, .text: throw refusal("a list or a text here")
    }
  }

  func number(_ text: String) throws(LossmithError) -> TorchTerm {
    let digits = text.filter { $0 != "_" }
    if let whole = Int(digits) { return TorchTerm(text: "\(whole)", kind: .literal) }
    guard let value = Double(digits), value.isFinite else { throw refusal("the number \(text)") }
    return TorchTerm(text: "\(value)", kind: .number)
  }

  mutating func binary(
    _ symbol: String, _ left: TorchTerm, _ right: TorchTerm
  ) throws(LossmithError) -> TorchTerm {
    let isTensor = left.kind.isTensor || right.kind.isTensor
    switch symbol {
    case "&&", "||":
      let (word, own) = symbol == "&&" ? ("and", 4) : ("or", 3)
      return TorchTerm(
        text: "\(left.bound(own)) \(word) \(right.bound(own + 1))", kind: .bool, binding: own)
    case "&", "|":
      guard isTensor else { throw refusal("bits of whole numbers") }
      let own = symbol == "&" ? 9 : 7
      return TorchTerm(
        text: "\(left.mask.bound(own)) \(symbol) \(right.mask.bound(own + 1))", kind: .mask,
        binding: own)
    case "==", "!=", "<", ">", "<=", ">=":
      return TorchTerm(
        text: "\(left.numeric.bound(7)) \(symbol) \(right.numeric.bound(7))",
        kind: isTensor ? .mask : .bool, binding: 6)
    case "+", "-", "*", "/", "%":
      let own = symbol == "+" || symbol == "-" ? 11 : 12
      let kinds = [left.numeric.kind, right.numeric.kind]
      let kind: TorchTerm.Kind =
        isTensor
        ? .vector
        : kinds.contains(.number) ? .number : kinds.contains(.integer) ? .integer : .literal
      // Whole numbers divide without a rest in Swift; two literals are whatever their place wants,
      // which nothing here decides.
      if symbol == "/", kind == .literal {
        return TorchTerm(
          text: "\(left.bound(own)) / \(right.bound(13))", kind: .number, binding: 12)
      }
      let shown = symbol == "/" && kind == .integer ? "//" : symbol
      return TorchTerm(
        text: "\(left.numeric.bound(own)) \(shown) \(right.numeric.bound(own + 1))", kind: kind,
        binding: own)
    default: throw refusal("the operator \(symbol)")
    }
  }

  mutating func member(
    _ base: SwiftExpression?, _ name: String
  ) throws(LossmithError) -> TorchTerm {
    guard let base, base != .name("Double") else {
      switch name {
      case "infinity": return TorchTerm(text: "math.inf", kind: .number)
      case "pi": return TorchTerm(text: "math.pi", kind: .number)
      default: throw refusal("the constant \(name)")
      }
    }
    let owner = try term(base)
    switch owner.kind {
    case .batch:
      if name == "margin" { return TorchTerm(text: "margin", kind: .vector) }
      if name == "count" { return TorchTerm(text: "policy_chosen.shape[0]", kind: .integer) }
      guard let column = TorchFunctions.columns[name] else { throw refusal("the column \(name)") }
      columns.insert(name)
      return TorchTerm(text: column, kind: .vector)
    case .tunables:
      guard let parameter = tunables[name] else { throw refusal("the tunable \(name)") }
      return TorchTerm(text: parameter, kind: .number)
    case .vector where name == "count":
      return TorchTerm(text: "\(owner.bound(20)).numel()", kind: .integer)
    case .tuple where Int(name) != nil:
      return TorchTerm(text: "\(owner.bound(20))[\(name)]", kind: .vector)
    default: throw refusal("the member \(name)")
    }
  }

  mutating func element(
    _ base: SwiftExpression, _ index: SwiftExpression
  ) throws(LossmithError) -> TorchTerm {
    let owner = try term(base).numeric
    guard owner.kind == .vector else { throw refusal("an element of this") }
    if case .binary(let symbol, let low, let high) = index, symbol == "..<" || symbol == "..." {
      let (first, last) = (try term(low), try term(high))
      let end = symbol == "..." ? "\(last.bound(11)) + 1" : last.text
      return TorchTerm(text: "\(owner.bound(20))[\(first.text):\(end)]", kind: .vector)
    }
    let place = try term(index)
    guard place.kind == .integer || place.kind == .literal else {
      throw refusal("an index of this kind")
    }
    let next = Int(place.text).map { "\($0 + 1)" } ?? "\(place.bound(11)) + 1"
    return TorchTerm(text: "\(owner.bound(20))[\(place.text):\(next)]", kind: .vector)
  }
}
