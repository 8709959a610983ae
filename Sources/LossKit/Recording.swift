// How operations get onto the tape. Each helper is inlined with its closure, so that an operation
// is one loop over flat arrays.

/// Records y[i] = f(x[i]) with its slope.
///
/// - Parameter f: gives the value and dy/dx. The slope is dropped when nobody wants a gradient.
@inline(__always)
func elementwise(
  _ x: Vector, line: UInt32, _ f: (Double) -> (value: Double, slope: Double)
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  let wantsSlope = tape.node(x.node).needsGradient
  guard
    let y = tape.append(
      .elementwise, count: n, columns: x.columns, a: x.node, needsGradient: wantsSlope,
      slopes: wantsSlope ? n : 0, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  if wantsSlope {
    let slopes = tape.slopePointer(y)
    for i in 0..<n { (values[i], slopes[i]) = f(source[i]) }
  } else {
    for i in 0..<n { values[i] = f(source[i]).value }
  }
  return Vector(node: y)
}

/// Records y[i] = f(x[i]) for an operation whose slope needs no memory, or that has none.
@inline(__always)
func simple(
  _ operation: Operation, _ x: Vector, factor: Double = 0, columns: Int32? = nil, line: UInt32,
  _ f: (Double) -> Double
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  let needsGradient = operation != .leaf && tape.node(x.node).needsGradient
  guard
    let y = tape.append(
      operation, count: n, columns: columns ?? x.columns, a: x.node,
      needsGradient: needsGradient, factor: factor, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  for i in 0..<n { values[i] = f(source[i]) }
  return Vector(node: y)
}

/// Records z[i] = f(x[i], y[i]) for an operation that the backward sweep knows by name.
@inline(__always)
func binary(
  _ operation: Operation, _ x: Vector, _ y: Vector, line: UInt32, _ f: (Double, Double) -> Double
) -> Vector {
  var (x, y) = (x, y)
  guard x.isUsable(line: line), y.isUsable(line: line),
    let (n, columns) = fit(&x, &y, line: line)
  else { return .failed }
  let needsGradient =
    operation != .leaf && (tape.node(x.node).needsGradient || tape.node(y.node).needsGradient)
  guard
    let z = tape.append(
      operation, count: n, columns: columns, a: x.node, b: y.node,
      needsGradient: needsGradient, line: line)
  else { return .failed }
  let left = tape.pointer(x.node)
  let right = tape.pointer(y.node)
  let values = tape.pointer(z)
  if x.count == y.count {
    for i in 0..<n { values[i] = f(left[i], right[i]) }
  } else if y.count == 1 {
    let b = right[0]
    for i in 0..<n { values[i] = f(left[i], b) }
  } else {
    let a = left[0]
    for i in 0..<n { values[i] = f(a, right[i]) }
  }
  return Vector(node: z)
}

/// Records z[i] = f(x[i], y[i]) with both slopes.
@inline(__always)
func elementwise2(
  _ x: Vector, _ y: Vector, line: UInt32,
  _ f: (Double, Double) -> (value: Double, dx: Double, dy: Double)
) -> Vector {
  var (x, y) = (x, y)
  guard x.isUsable(line: line), y.isUsable(line: line),
    let (n, columns) = fit(&x, &y, line: line)
  else { return .failed }
  let wantsSlope = tape.node(x.node).needsGradient || tape.node(y.node).needsGradient
  guard
    let z = tape.append(
      .elementwise2, count: n, columns: columns, a: x.node, b: y.node,
      needsGradient: wantsSlope, slopes: wantsSlope ? 2 * n : 0, line: line)
  else { return .failed }
  let left = tape.pointer(x.node)
  let right = tape.pointer(y.node)
  let values = tape.pointer(z)
  let leftStride = x.count == 1 ? 0 : 1
  let rightStride = y.count == 1 ? 0 : 1
  if wantsSlope {
    let dx = tape.slopePointer(z)
    let dy = dx + n
    for i in 0..<n {
      (values[i], dx[i], dy[i]) = f(left[i * leftStride], right[i * rightStride])
    }
  } else {
    for i in 0..<n { values[i] = f(left[i * leftStride], right[i * rightStride]).value }
  }
  return Vector(node: z)
}

/// Records y[i] = x[index(i)] for `count` elements; 0 where the index is negative.
@inline(__always)
func gather(
  _ x: Vector, count: Int, columns: Int32 = 0, line: UInt32, _ index: (Int) -> Int
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  guard
    let y = tape.append(
      .gather, count: count, columns: columns, a: x.node,
      needsGradient: tape.node(x.node).needsGradient, slopes: count, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  let origins = tape.slopePointer(y)
  for i in 0..<count {
    let from = index(i)
    values[i] = from < 0 ? 0 : source[from]
    origins[i] = Double(from)
  }
  return Vector(node: y)
}

/// Records y[i, j] = x[index(i, j)] for a matrix; 0 where the index is negative.
@inline(__always)
func gather(
  _ x: Vector, rows: Int, columns: Int, line: UInt32, _ index: (Int, Int) -> Int
) -> Vector {
  var (i, j) = (0, -1)
  // The elements are asked for in their order.
  return gather(
    x, count: rows * columns, columns: Int32(truncatingIfNeeded: columns), line: line
  ) { _ in
    j += 1
    if j == columns { (i, j) = (i + 1, 0) }
    return index(i, j)
  }
}

/// Records a result of x's size whose elements come from the same row of `perRow` elements.
///
/// - Parameter index: gets where the row starts and the place in it.
@inline(__always)
func gather(
  _ x: Vector, columns: Int32, perRow: Int, line: UInt32, _ index: (Int, Int) -> Int
) -> Vector {
  var (start, j) = (0, -1)
  return gather(x, count: x.count, columns: columns, line: line) { _ in
    j += 1
    if j == perRow { (start, j) = (start + perRow, 0) }
    return index(start, j)
  }
}

/// Records values that depend on nothing.
@inline(__always)
func constant(
  _ count: Int, columns: Int32 = 0, line: UInt32, _ f: (Int) -> Double
) -> Vector {
  guard tape.status == 0 else { return .failed }
  guard count >= 1 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  guard
    let y = tape.append(
      .leaf, count: count, columns: columns, needsGradient: false, line: line)
  else { return .failed }
  let values = tape.pointer(y)
  for i in 0..<count { values[i] = f(i) }
  return Vector(node: y)
}
