extension LossTree {
  /// The tree without what says nothing: numbers computed, `x + 0`, `1 * x`, `-(-x)`, `relu(relu(x))` …
  ///
  /// The function stays what it is wherever it is finite; a number that leaves the range is left alone.
  var simplified: LossTree {
    var tree = self
    tree.operands = operands.map(\.simplified)
    guard case .apply(let operation) = tree.head else { return tree }
    let parts = tree.operands
    let numbers = parts.compactMap(\.constantValue)
    if operation.isArithmetic, numbers.count == parts.count {
      let value =
        parts.count == 1 ? operation.value(numbers[0]) : operation.value(numbers[0], numbers[1])
      // No −0: it is written like 0.
      return value.isFinite ? .constant(value == 0 ? 0 : value) : tree
    }
    return tree.rewritten(operation, parts) ?? tree
  }

  private var constantValue: Double? {
    if case .constant(let value) = head { value } else { nil }
  }

  private func isApplied(_ operation: Operation) -> Bool { head == .apply(operation) }

  private func rewritten(_ operation: Operation, _ parts: [LossTree]) -> LossTree? {
    let first = parts[0]
    let second = parts.count > 1 ? parts[1] : nil
    let left = first.constantValue
    let right = second?.constantValue
    switch operation {
    case .negate:
      if first.isApplied(.negate) { return first.operands[0] }
      if first.isApplied(.subtract) {
        return .apply(.subtract, first.operands[1], first.operands[0]).simplified
      }
    case .add:
      if left == 0 { return second }
      if right == 0 { return first }
      if let second, second.isApplied(.negate) {
        return .apply(.subtract, first, second.operands[0]).simplified
      }
      if let second, first == second { return .apply(.multiply, .constant(2), first).simplified }
    case .subtract:
      if right == 0 { return first }
      if left == 0, let second { return LossTree.apply(.negate, second).simplified }
      if let second, second.isApplied(.negate) {
        return .apply(.add, first, second.operands[0]).simplified
      }
      if first == second { return .constant(0) }
    case .multiply:
      if left == 0 || right == 0 { return .constant(0) }
      if left == 1 { return second }
      if right == 1 { return first }
      if left == -1, let second { return LossTree.apply(.negate, second).simplified }
      // The number first, and numbers together.
      if let right, left == nil, first.kind != .number {
        return .apply(.multiply, .constant(right), first).simplified
      }
      if let left, let second, second.isApplied(.multiply),
        let inner = second.operands[0].constantValue
      {
        return .apply(.multiply, .constant(left * inner), second.operands[1]).simplified
      }
      if let left, let second, second.isApplied(.negate) {
        return .apply(.multiply, .constant(-left), second.operands[0]).simplified
      }
      if let second, first == second, first.kind == .vector { return .apply(.square, first) }
    case .divide:
      if right == 1 { return first }
      if left == 0 { return .constant(0) }
      if first == second { return .constant(1) }
    case .minimum, .maximum:
      if first == second { return first }
    case .relu, .abs:
      if [.relu, .abs, .square, .softplus, .exp, .sigmoid].contains(where: first.isApplied) {
        return first
      }
    case .square:
      if first.isApplied(.negate) || first.isApplied(.abs) {
        return .apply(.square, first.operands[0])
      }
    case .not:
      if first.isApplied(.not) { return first.operands[0] }
    case .both, .either:
      if first == second { return first }
    case .select:
      if parts[1] == parts[2], parts[1].kind == .vector { return parts[1] }
    case .mean:
      if !first.isRowwise { return first }
    default: break
    }
    return nil
  }
}
