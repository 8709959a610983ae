/// a[i] where the condition is not 0, else b[i]. PyTorch: `torch.where` (`where` is a word of
/// Swift).
///
/// The gradient goes to the branch taken and none to the other, even where the other's own slope
/// is infinite or NaN. The condition has no gradient. All three have the same length or one
/// element.
@export(interface)
public func select(
  _ condition: Vector, _ a: Vector, _ b: Vector, line: UInt32 = #line
) -> Vector {
  guard condition.isUsable(line: line), a.isUsable(line: line), b.isUsable(line: line),
    let pair = broadcastCount(a, b, line: line)
  else { return .failed }
  let test = condition.count
  guard test == pair || test == 1 || pair == 1 else {
    tape.fail(.shape, line: line)
    return .failed
  }
  let n = max(test, pair)
  let wantsSlope = tape.node(a.node).needsGradient || tape.node(b.node).needsGradient
  guard
    let y = tape.append(
      .elementwise2, count: n, a: a.node, b: b.node, needsGradient: wantsSlope,
      slopes: wantsSlope ? 2 * n : 0, line: line)
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

@export(interface)
public func select(
  _ condition: Vector, _ a: Vector, _ b: Double, line: UInt32 = #line
) -> Vector {
  select(condition, a, full(1, b, line: line), line: line)
}

@export(interface)
public func select(
  _ condition: Vector, _ a: Double, _ b: Vector, line: UInt32 = #line
) -> Vector {
  select(condition, full(1, a, line: line), b, line: line)
}

/// A constant or the other, by row.
@export(interface)
public func select(
  _ condition: Vector, _ a: Double, _ b: Double, line: UInt32 = #line
) -> Vector {
  simple(.leaf, condition, line: line) { $0 != 0 ? a : b }
}
