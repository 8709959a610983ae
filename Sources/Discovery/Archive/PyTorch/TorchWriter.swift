import Losses

/// Writes a loss's Swift as the body of a PyTorch function.
///
/// The source is translated and not traced: conditions, loops and helper functions of the author stay
/// what they are, tunables stay parameters, and a batch of any size is served.
struct TorchWriter {
  /// What was written.
  struct Output {
    /// Lines of the function's body, without indentation of their own.
    var lines: [String]
    /// Optional columns that are read, by their names in LossKit.
    var columns: Set<String>
    /// Every name of the file's helpers that may occur.
    var text: String { lines.joined(separator: "\n") }
  }

  private struct Function {
    var python: String
    var declaration: SwiftFunction
    var result: TorchTerm.Kind
  }

  private var scopes: [[String: (python: String, kind: TorchTerm.Kind)]] = [[:]]
  private var taken: Set<String>
  private var functions: [String: Function] = [:]
  private var tunables: [String: String]
  private var lines: [String] = []
  private var indent = 0
  private var line = 0
  private var columns: Set<String> = []

  /// - Parameter tunables: names of the parameters by those of the tunables.
  /// - Throws: `LossmithError` (`malformedInput`) with the line of what has no translation.
  static func write(
    _ statements: [SwiftStatement], tunables: [String: String]
  ) throws(LossmithError) -> Output {
    var writer = TorchWriter(tunables)
    try writer.module(statements)
    return Output(lines: writer.lines, columns: writer.columns)
  }

  private init(_ tunables: [String: String]) {
    self.tunables = tunables
    taken = TorchFunctions.reserved.union(tunables.values).union(TorchFunctions.columns.values)
  }

  // MARK: - Statements

  private mutating func module(_ statements: [SwiftStatement]) throws(LossmithError) {
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

  private mutating func register(_ function: SwiftFunction) throws(LossmithError) {
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

  private mutating func write(_ function: SwiftFunction) throws(LossmithError) {
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
  private mutating func body(_ function: SwiftFunction) throws(LossmithError) {
    try block(function.body.count == 1 ? function.body.map(Self.giving) : function.body)
  }

  private static func giving(_ statement: SwiftStatement) -> SwiftStatement {
    var statement = statement
    switch statement.body {
    case .evaluate(let value): statement.body = .give(value)
    case .test(let test, let then, let otherwise) where then.count == 1 && otherwise.count == 1:
      statement.body = .test(test, then: then.map(giving), otherwise: otherwise.map(giving))
    default: break
    }
    return statement
  }

  private mutating func block(_ statements: [SwiftStatement]) throws(LossmithError) {
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

  private mutating func write(_ statement: SwiftStatement) throws(LossmithError) {
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

  private mutating func declare(
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

  // MARK: - Names

  private func variable(_ name: String) -> (python: String, kind: TorchTerm.Kind)? {
    for scope in scopes.reversed() {
      if let known = scope[name] { return known }
    }
    return nil
  }

  private mutating func declare(_ name: String, _ kind: TorchTerm.Kind) -> String {
    let python = unique(name)
    scopes[scopes.count - 1][name] = (python, kind)
    return python
  }

  private mutating func unique(_ name: String) -> String {
    var python = name
    while taken.contains(python) || python.hasPrefix("__") { python += "_" }
    taken.insert(python)
    return python
  }

  private mutating func add(_ text: String) {
    lines.append(text.isEmpty ? "" : String(repeating: "    ", count: indent) + text)
  }

  private func refusal(_ what: String) -> LossmithError {
    LossmithError(
      .malformedInput, "There is no translation to PyTorch of \(what).", at: "line \(line)",
      remedy: "Write the loss with LossKit's functions of vectors, let, if, and for over a range.")
  }
}

// MARK: - Expressions

extension TorchWriter {
  private mutating func condition(_ expression: SwiftExpression) throws(LossmithError) -> String {
    let test = try term(expression)
    guard test.kind == .bool else { throw refusal("a condition of this kind") }
    return test.text
  }

  private mutating func range(_ expression: SwiftExpression) throws(LossmithError) -> String {
    guard case .binary(let symbol, let low, let high) = expression,
      symbol == "..<" || symbol == "..."
    else { throw refusal("a loop over anything but a range") }
    let (first, last) = (try term(low), try term(high))
    return "range(\(first.text), \(last.bound(11))\(symbol == "..." ? " + 1" : ""))"
  }

  private mutating func term(_ expression: SwiftExpression) throws(LossmithError) -> TorchTerm {
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

  private func number(_ text: String) throws(LossmithError) -> TorchTerm {
    let digits = text.filter { $0 != "_" }
    if let whole = Int(digits) { return TorchTerm(text: "\(whole)", kind: .literal) }
    guard let value = Double(digits), value.isFinite else { throw refusal("the number \(text)") }
    return TorchTerm(text: "\(value)", kind: .number)
  }

  private mutating func binary(
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

  private mutating func member(
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

  private mutating func element(
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

  // MARK: - Calls

  private mutating func call(
    _ callee: SwiftExpression, _ arguments: [SwiftExpression.Argument]
  ) throws(LossmithError) -> TorchTerm {
    switch callee {
    case .name(let name):
      if let function = functions[name] { return try call(function, arguments) }
      return try function(name, arguments)
    case .member(let base?, let name):
      let owner = try term(base)
      if name == "item" { return TorchTerm(text: "\(owner.bound(20)).item()", kind: .number) }
      if name == "size" {
        let axis = try arguments.first.map { argument throws(LossmithError) in
          try term(argument.value).text
        }
        return TorchTerm(text: "\(owner.bound(20)).size(\(axis ?? "0"))", kind: .integer)
      }
      if name == "squareRoot" {
        return TorchTerm(text: "math.sqrt(\(owner.text))", kind: .number)
      }
      guard owner.kind.isTensor else { throw refusal("the method \(name)") }
      return try function(name, [.init(label: nil, value: base)] + arguments)
    default: throw refusal("a call of this kind")
    }
  }

  private mutating func call(
    _ function: Function, _ arguments: [SwiftExpression.Argument]
  ) throws(LossmithError) -> TorchTerm {
    var texts: [String] = []
    var rest = function.declaration.parameters[...]
    func isLeftOut(_ parameter: SwiftFunction.Parameter, before label: String?) -> Bool {
      parameter.label != label && parameter.initial != nil
    }
    for argument in arguments {
      while let next = rest.first, isLeftOut(next, before: argument.label) {
        rest.removeFirst()
        if let initial = next.initial { texts.append(try term(initial).text) }
      }
      guard let parameter = rest.popFirst() else { throw refusal("the arguments of a call") }
      if ["PairwiseBatch", "Tunables"].contains(parameter.type) { continue }
      texts.append(try term(argument.value).numeric.text)
    }
    for parameter in rest {
      guard let initial = parameter.initial else { throw refusal("the arguments of a call") }
      texts.append(try term(initial).text)
    }
    return TorchTerm(
      text: "\(function.python)(\(texts.joined(separator: ", ")))", kind: function.result)
  }

  /// A function of LossKit or of Swift.
  private mutating func function(
    _ name: String, _ arguments: [SwiftExpression.Argument]
  ) throws(LossmithError) -> TorchTerm {
    let labels = arguments.map { $0.label ?? "_" }
    func isCalled(with expected: [String]...) -> Bool { expected.contains(labels) }
    func tensor(_ text: String) -> TorchTerm { TorchTerm(text: text, kind: .vector) }

    if name == "concatenate" || name == "cat" || name == "vector" {
      return try joined(name, arguments)
    }
    var values: [TorchTerm] = []
    for argument in arguments { values.append(try term(argument.value)) }
    let isTensor = values.contains { $0.kind.isTensor }
    switch name {
    case "Double", "Float", "Int":
      guard values.count == 1, !isTensor else { throw refusal("the conversion \(name)") }
      let isWhole = name == "Int"
      return TorchTerm(
        text: "\(isWhole ? "int" : "float")(\(values[0].text))", kind: isWhole ? .integer : .number)
    case "select":
      guard values.count == 3 else { break }
      let (yes, no) = (values[1].numeric, values[2].numeric)
      // Two numbers would become a tensor of PyTorch's default precision.
      let first =
        yes.kind.isTensor || no.kind.isTensor
        ? yes.text : "torch.full_like(policy_chosen, \(yes.text))"
      return tensor("torch.where(\(values[0].mask.text), \(first), \(no.text))")
    case "clamp":
      guard isCalled(with: ["_", "min"], ["_", "max"], ["_", "min", "max"]), isTensor else { break }
      let bounds = zip(labels, values).dropFirst().map { "\($0)=\($1.text)" }
      return tensor("torch.clamp(\(values[0].numeric.text), \(bounds.joined(separator: ", ")))")
    case "leakyRelu":
      guard isCalled(with: ["_"], ["_", "slope"]) else { break }
      let slope = values.count > 1 ? values[1].text : "0.01"
      return tensor("F.leaky_relu(\(values[0].numeric.text), \(slope))")
    case "huber":
      guard isCalled(with: ["_"], ["_", "delta"]) else { break }
      let delta = values.count > 1 ? values[1].text : "1.0"
      return tensor("_huber(\(values[0].numeric.text), \(delta))")
    case "pow":
      guard isCalled(with: ["_", "_"]) else { break }
      let (base, exponent) = (values[0].numeric, values[1].numeric)
      return isTensor
        ? tensor("torch.pow(\(base.text), \(exponent.text))")
        : TorchTerm(
          text: "float(\(base.text)) ** \(exponent.bound(14))", kind: .number, binding: 15)
    case "quantile":
      guard isCalled(with: ["_", "_"]), isTensor else { break }
      return tensor("torch.quantile(\(values[0].numeric.text), \(values[1].text))")
    case "roll":
      guard isCalled(with: ["_", "_"]) else { break }
      return tensor("torch.roll(\(values[0].numeric.text), \(values[1].text), -1)")
    case "sort", "argsort":
      guard isCalled(with: ["_"], ["_", "descending"]) else { break }
      let way = values.count > 1 ? ", descending=\(values[1].text)" : ""
      let text = values[0].numeric.text
      return tensor(
        name == "sort"
          ? "torch.sort(\(text)\(way), stable=True).values"
          : "torch.argsort(\(text)\(way), stable=True).to(dtype)")
    case "argmax":
      guard isCalled(with: ["_"]) else { break }
      return tensor("torch.argmax(\(values[0].numeric.text)).to(dtype)")
    case "full", "zeros", "ones", "arange", "broadcast":
      if let text = creation(name, labels, values) { return tensor(text) }
    default:
      guard labels.allSatisfy({ $0 == "_" }) else { break }
      if let result = simple(name, values.map(\.numeric)) { return result }
    }
    throw refusal("\(name)(\(labels.map { "\($0):" }.joined()))")
  }

  private func simple(_ name: String, _ values: [TorchTerm]) -> TorchTerm? {
    let isTensor = values.contains { $0.kind == .vector }
    if values.count == 1 {
      let table = isTensor ? TorchFunctions.elementwise : TorchFunctions.scalar
      guard let form = table[name] else { return nil }
      // Where it stands alone between brackets or commas it needs none of its own.
      let isAlone = form.contains("($)") || form.contains("($,")
      let argument = isAlone ? values[0].text : values[0].bound(20)
      return TorchTerm(
        text: form.replacing("$", with: argument), kind: isTensor ? .vector : .number,
        binding: form.contains("**") ? 15 : form.hasPrefix("-") ? 13 : 20)
    }
    guard values.count == 2 else { return nil }
    if !isTensor {
      guard name == "min" || name == "max" else { return nil }
      return TorchTerm(text: "\(name)(\(values[0].text), \(values[1].text))", kind: .number)
    }
    guard let form = TorchFunctions.pairs[name] else { return nil }
    // PyTorch's functions of two tensors take no numbers.
    func text(_ index: Int) -> String {
      values[index].kind == .vector
        ? values[index].text
        : "torch.full_like(\(values[1 - index].text), \(values[index].text))"
    }
    return TorchTerm(
      text: form.replacing("@", with: text(1)).replacing("$", with: text(0)), kind: .vector)
  }

  private func creation(
    _ name: String, _ labels: [String], _ values: [TorchTerm]
  ) -> String? {
    let place = "dtype=dtype, device=policy_chosen.device"
    switch (name, labels) {
    case ("full", ["like", "_"]):
      return "torch.full_like(\(values[0].numeric.text), \(values[1].text))"
    case ("zeros", ["like"]): return "torch.zeros_like(\(values[0].numeric.text))"
    case ("ones", ["like"]): return "torch.ones_like(\(values[0].numeric.text))"
    case ("full", ["_", "_"]):
      return "torch.full((\(values[0].text),), \(values[1].text), \(place))"
    case ("zeros", ["_"]), ("ones", ["_"]), ("arange", ["_"]):
      return "torch.\(name)(\(values[0].text), \(place))"
    case ("broadcast", ["_", "like"]):
      return "\(values[0].numeric.bound(20)).expand_as(\(values[1].numeric.text))"
    default: return nil
    }
  }

  /// `concatenate(a, b)`, `concatenate([a, b])`, `vector([1, 2])`.
  private mutating func joined(
    _ name: String, _ arguments: [SwiftExpression.Argument]
  ) throws(LossmithError) -> TorchTerm {
    var parts = arguments.map(\.value)
    if parts.count == 1, case .array(let inner) = parts[0] { parts = inner }
    var values: [TorchTerm] = []
    for part in parts { values.append(try term(part).numeric) }
    guard arguments.allSatisfy({ $0.label == nil }),
      values.allSatisfy({ $0.kind.isTensor == (name != "vector") })
    else { throw refusal("\(name) of these") }
    if name == "vector" {
      let list = values.map(\.text).joined(separator: ", ")
      return TorchTerm(
        text: "torch.tensor([\(list)], dtype=dtype, device=policy_chosen.device)", kind: .vector)
    }
    let list = values.map { "torch.atleast_1d(\($0.text))" }.joined(separator: ", ")
    return TorchTerm(text: "torch.cat([\(list)])", kind: .vector)
  }
}
