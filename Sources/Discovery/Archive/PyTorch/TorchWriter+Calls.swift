import Losses

/// Calls: of the author's helpers and of LossKit's functions.
extension TorchWriter {
  mutating func call(
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

  mutating func call(
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
  mutating func function(
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

  func simple(_ name: String, _ values: [TorchTerm]) -> TorchTerm? {
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

  func creation(
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
  mutating func joined(
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
