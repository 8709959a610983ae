/// a[i] where the condition is not 0, else b[i], [n], [n], [n] → [n]. PyTorch: `torch.where` (`where` is a word of
/// Swift).
///
/// The gradient goes to the branch taken and none to the other, even where the other's own slope
/// is infinite or NaN. The condition has no gradient. Shapes go together as for `+`.
@export(interface)
public func select(
  _ condition: Vector, _ a: Vector, _ b: Vector, line: UInt32 = #line
) -> Vector {
  var (condition, a, b) = (condition, a, b)
  guard condition.isUsable(line: line), a.isUsable(line: line), b.isUsable(line: line),
    fit(&a, &b, line: line) != nil, fit(&condition, &a, line: line) != nil,
    fit(&condition, &b, line: line) != nil, fit(&a, &b, line: line) != nil
  else { return .failed }
  let test = condition.count
  let n = max(test, a.count, b.count)
  // Those of n > 1 elements have one shape by now.
  let columns =
    n == 1
    ? max(condition.columns, a.columns, b.columns)
    : (a.count == n ? a.columns : (b.count == n ? b.columns : condition.columns))
  let wantsSlope = tape.node(a.node).needsGradient || tape.node(b.node).needsGradient
  guard
    let y = tape.append(
      .elementwise2, count: n, columns: columns, a: a.node, b: b.node,
      needsGradient: wantsSlope, slopes: wantsSlope ? 2 * n : 0, line: line)
  else { return .failed }
  let tests = tape.pointer(condition.node)
  let first = tape.pointer(a.node)
  let second = tape.pointer(b.node)
  let values = tape.pointer(y)
  let (testStride, aStride, bStride) = (
    test == 1 ? 0 : 1, a.count == 1 ? 0 : 1, b.count == 1 ? 0 : 1
  )
  for i in 0..<n {
    values[i] = tests[i * testStride] != 0 ? first[i * aStride] : second[i * bStride]
  }
  if wantsSlope {
    let slopes = tape.slopePointer(y)
    for i in 0..<n {
      let taken = tests[i * testStride] != 0
      slopes[i] = taken ? 1 : 0
      slopes[n + i] = taken ? 0 : 1
    }
  }
  return Vector(node: y)
}

/// a[i] or a constant, [n], [n] → [n]. PyTorch: `torch.where`.
@export(interface)
public func select(
  _ condition: Vector, _ a: Vector, _ b: Double, line: UInt32 = #line
) -> Vector {
  select(condition, a, full(1, b, line: line), line: line)
}

/// A constant or b[i], [n], [n] → [n]. PyTorch: `torch.where`.
@export(interface)
public func select(
  _ condition: Vector, _ a: Double, _ b: Vector, line: UInt32 = #line
) -> Vector {
  select(condition, full(1, a, line: line), b, line: line)
}

/// A constant or the other, [n] → [n]. PyTorch: `torch.where`.
@export(interface)
public func select(
  _ condition: Vector, _ a: Double, _ b: Double, line: UInt32 = #line
) -> Vector {
  simple(.leaf, condition, line: line) { $0 != 0 ? a : b }
}
