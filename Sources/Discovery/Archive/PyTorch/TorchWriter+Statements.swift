import Losses

/// Statements: functions, blocks, declarations, loops.
extension TorchWriter {
  mutating func module(_ statements: [SwiftStatement]) throws(LossmithError) {
    var loss: SwiftFunction?
    for statement in statements {
      guard case .function(let function) = statement.body else { continue }
      if function.name == "loss" {
        loss = function
      } else {
        try register(function)
      }
    }
    guard let loss else { throw refusal("a file without a function loss") }
    for statement in statements {
      line = statement.line
      switch statement.body {
      case .declare(["extraTunables"], _, _), .declare(["claims"], _, _): continue
      case .declare: try write(statement)
      case .function(let function) where function.name != "loss": try write(function)
      case .function: continue
      default: throw refusal("a statement outside of a function")
      }
    }
    scopes.append([:])
    for parameter in loss.parameters {
      guard let kind = TorchTerm.Kind(type: parameter.type), kind == .batch || kind == .tunables
      else { throw refusal("the parameter \(parameter.name)") }
      scopes[scopes.count - 1][parameter.name] = (parameter.name, kind)
    }
    try body(loss)
  }

  mutating func register(_ function: SwiftFunction) throws(LossmithError) {
    line = function.line
    guard functions[function.name] == nil else {
      throw refusal("two functions of the name \(function.name)")
    }
    guard let type = function.result, let kind = TorchTerm.Kind(type: type) else {
      throw refusal("the result of \(function.name)")
    }
    functions[function.name] = Function(
      python: unique(function.name), declaration: function, result: kind)
  }

  mutating func write(_ function: SwiftFunction) throws(LossmithError) {
    guard let own = functions[function.name] else { throw refusal("the function \(function.name)") }
    scopes.append([:])
    let outside = taken
    var parameters: [String] = []
    for parameter in function.parameters {
      guard let kind = TorchTerm.Kind(type: parameter.type) else {
        throw refusal("the type \(parameter.type)")
      }
      if kind == .batch || kind == .tunables {
        // There is one batch and one set of tunables: the exported function's own.
        scopes[scopes.count - 1][parameter.name] = (parameter.name, kind)
        continue
      }
      parameters.append(declare(parameter.name, kind))
    }
    add("def \(own.python)(\(parameters.joined(separator: ", "))):")
    indent += 1
    try body(function)
    indent -= 1
    scopes.removeLast()
    taken = outside
    add("")
  }

  /// A body of one expression gives it, as in Swift; so do conditions of nothing else.
  mutating func body(_ function: SwiftFunction) throws(LossmithError) {
    try block(function.body.count == 1 ? function.body.map(Self.giving) : function.body)
  }

  static func giving(_ statement: SwiftStatement) -> SwiftStatement {
    var statement = statement
    switch statement.body {
    case .evaluate(let value): statement.body = .give(value)
    case .test(let test, let then, let otherwise) where then.count == 1 && otherwise.count == 1:
      statement.body = .test(test, then: then.map(giving), otherwise: otherwise.map(giving))
    default: break
    }
    return statement
  }

  mutating func block(_ statements: [SwiftStatement]) throws(LossmithError) {
    scopes.append([:])
    let before = lines.count
    // A function may be used before it is written.
    for statement in statements {
      if case .function(let function) = statement.body { try register(function) }
    }
    for statement in statements { try write(statement) }
    if lines.count == before { add("pass") }
    scopes.removeLast()
  }

  mutating func write(_ statement: SwiftStatement) throws(LossmithError) {
    line = statement.line
    switch statement.body {
    case .declare(let names, let type, let value): try declare(names, type, value)
    case .assign(let target, let symbol, let value):
      guard case .name(let name) = target, let known = variable(name) else {
        throw refusal("an assignment to a part")
      }
      let value = try term(value).numeric
      // Python's `+=` would change the tensor under its other names too.
      let change = symbol.dropLast()
      add(
        change.isEmpty
          ? "\(known.python) = \(value.text)"
          : "\(known.python) = \(known.python) \(change) \(value.bound(13))")
    case .evaluate(let value):
      if case .name("_") = value { return }
      throw refusal("an expression whose value nobody takes")
    case .give(let value): add("return \(try term(value).numeric.text)")
    case .test(let test, let then, let otherwise):
      add("if \(try condition(test)):")
      indent += 1
      if then.isEmpty { add("pass") } else { try block(then) }
      indent -= 1
      guard !otherwise.isEmpty else { return }
      add("else:")
      indent += 1
      try block(otherwise)
      indent -= 1
    case .loop(let name, let range, let body):
      let bounds = try self.range(range)
      scopes.append([:])
      let variable = name == "_" ? "_" : declare(name, .integer)
      add("for \(variable) in \(bounds):")
      indent += 1
      try block(body)
      indent -= 1
      scopes.removeLast()
    case .function(let function): try write(function)
    }
  }

  mutating func declare(
    _ names: [String], _ type: String?, _ value: SwiftExpression?
  ) throws(LossmithError) {
    let annotated = try type.map { type throws(LossmithError) in
      guard let kind = TorchTerm.Kind(type: type) else { throw refusal("the type \(type)") }
      return kind
    }
    guard let value else {
      for name in names { _ = declare(name, annotated ?? .vector) }
      return
    }
    // The value is read before the name is there: `let x = x / 2` in an inner block.
    if case .tuple(let parts) = value, parts.count == names.count, parts.count > 1 {
      var terms: [TorchTerm] = []
      for part in parts { terms.append(try term(part)) }
      let left = zip(names, terms).map { declare($0, $1.kind == .literal ? .integer : $1.kind) }
      add("\(left.joined(separator: ", ")) = \(terms.map(\.text).joined(separator: ", "))")
      return
    }
    let term = try term(value)
    guard names.count == 1 else {
      let left = names.map { declare($0, .vector) }
      add("\(left.joined(separator: ", ")) = \(term.text)")
      return
    }
    let kind = annotated.map { $0 == .vector && term.kind == .mask ? .mask : $0 } ?? term.kind
    add("\(declare(names[0], kind == .literal ? .integer : kind)) = \(term.text)")
  }
}
