import Losses

/// What the parameters of a kernel must be together, each being legal by itself.
struct ArgumentRules {
  let arguments: [LossDescriptor.Argument]
  let family: LossFamily

  /// - Throws: ``LossFailure``: `rejected(descriptor)`.
  func check() throws(LossFailure) {
    for (index, argument) in arguments.enumerated() where arguments[..<index].contains(argument) {
      // A kernel of a fixed signature passes one tunable in the places of those it does not have.
      if case .tunable = argument { continue }
      throw .descriptor("args[\(index)]", "repeats \(name(argument))")
    }
    guard arguments.contains(.rows) else {
      throw .descriptor("args", "has no LOSS_ROWS: the kernel would not know the batch's size")
    }
    guard arguments.contains(.value) else { throw .descriptor("args", "has no LOSS_VALUE") }
    if arguments.contains(.classes), family != .classification {
      throw .descriptor("args", "has LOSS_CLASSES, which a \(family.name) loss does not have")
    }
    if arguments.contains(.groupSize), family != .listwise {
      throw .descriptor("args", "has LOSS_GROUP_SIZE, which a \(family.name) loss does not have")
    }
    for case .gradient(let column) in arguments {
      guard arguments.contains(.input(column)) else {
        throw .descriptor("args", "has a gradient of \(column.name), which is not among its inputs")
      }
      guard column.isDifferentiable else {
        throw .descriptor(
          "args", "has a gradient of \(column.name), which the policy does not move")
      }
    }
    for case .input(let column) in arguments
    where column.isDifferentiable && !arguments.contains(.gradient(column)) {
      throw .descriptor("args", "has the input \(column.name) without its gradient")
    }
    let needsExtent = arguments.compactMap { argument -> LossColumn? in
      if case .input(let column) = argument { column } else { nil }
    }
    if needsExtent.contains(where: { $0.shape == .rowsByClasses }), !arguments.contains(.classes) {
      throw .descriptor("args", "has columns of B x C and no LOSS_CLASSES")
    }
    if needsExtent.contains(where: { $0.shape == .rowsByGroup }), !arguments.contains(.groupSize) {
      throw .descriptor("args", "has columns of B x K and no LOSS_GROUP_SIZE")
    }
    guard arguments.contains(where: { if case .gradient = $0 { true } else { false } }) else {
      throw .descriptor("args", "has no gradient: there is nothing that training could follow")
    }
  }

  private func name(_ argument: LossDescriptor.Argument) -> String {
    switch argument {
    case .rows: "LOSS_ROWS"
    case .classes: "LOSS_CLASSES"
    case .groupSize: "LOSS_GROUP_SIZE"
    case .value: "LOSS_VALUE"
    case .tunable(let index): "LOSS_PARAM \(index)"
    case .input(let column): "LOSS_INPUT \(column.name)"
    case .gradient(let column): "LOSS_GRADIENT \(column.name)"
    }
  }
}
