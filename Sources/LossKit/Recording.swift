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
      .elementwise, count: n, a: x.node, needsGradient: wantsSlope,
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
  _ operation: Operation, _ x: Vector, factor: Double = 0, line: UInt32, _ f: (Double) -> Double
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  let needsGradient = operation != .leaf && tape.node(x.node).needsGradient
  guard
    let y = tape.append(
      operation, count: n, a: x.node, needsGradient: needsGradient, factor: factor, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  for i in 0..<n { values[i] = f(source[i]) }
  return Vector(node: y)
}

/// The length that two operands give; nil, with the status noted, when they do not fit.
@inline(__always)
func broadcastCount(_ x: Vector, _ y: Vector, line: UInt32) -> Int? {
  let m = x.count
  let n = y.count
  if m == n || n == 1 { return m }
  if m == 1 { return n }
  tape.fail(.shape, line: line)
  return nil
}

/// Records z[i] = f(x[i], y[i]) for an operation that the backward sweep knows by name.
@inline(__always)
func binary(
  _ operation: Operation, _ x: Vector, _ y: Vector, line: UInt32, _ f: (Double, Double) -> Double
) -> Vector {
  guard x.isUsable(line: line), y.isUsable(line: line),
    let n = broadcastCount(x, y, line: line)
  else { return .failed }
  let needsGradient =
    operation != .leaf && (tape.node(x.node).needsGradient || tape.node(y.node).needsGradient)
  guard
    let z = tape.append(
      operation, count: n, a: x.node, b: y.node, needsGradient: needsGradient, line: line)
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
  guard x.isUsable(line: line), y.isUsable(line: line),
    let n = broadcastCount(x, y, line: line)
  else { return .failed }
  let wantsSlope = tape.node(x.node).needsGradient || tape.node(y.node).needsGradient
  guard
    let z = tape.append(
      .elementwise2, count: n, a: x.node, b: y.node, needsGradient: wantsSlope,
      slopes: wantsSlope ? 2 * n : 0, line: line)
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

/// Records one element made from all elements of `x`.
///
/// - Parameter f: gets the values, their count and room for dy/dx (nil when nobody wants a
///   gradient), which it must fill, and gives the value.
@inline(__always)
func reduction(
  _ x: Vector, line: UInt32,
  _ f: (UnsafePointer<Double>, Int, UnsafeMutablePointer<Double>?) -> Double
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  let wantsSlope = tape.node(x.node).needsGradient
  guard
    let y = tape.append(
      .reduction, count: 1, a: x.node, needsGradient: wantsSlope, slopes: wantsSlope ? n : 0,
      line: line)
  else { return .failed }
  tape.pointer(y)[0] = f(tape.pointer(x.node), n, wantsSlope ? tape.slopePointer(y) : nil)
  return Vector(node: y)
}

/// Records y[i] = x[index(i)] for `count` elements.
@inline(__always)
func gather(_ x: Vector, count: Int, line: UInt32, _ index: (Int) -> Int) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  guard
    let y = tape.append(
      .gather, count: count, a: x.node, needsGradient: tape.node(x.node).needsGradient,
      slopes: count, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  let origins = tape.slopePointer(y)
  for i in 0..<count {
    let from = index(i)
    values[i] = source[from]
    origins[i] = Double(from)
  }
  return Vector(node: y)
}

/// Records values that depend on nothing.
@inline(__always)
func constant(_ count: Int, line: UInt32, _ f: (Int) -> Double) -> Vector {
  guard tape.status == 0 else { return .failed }
  guard count >= 1 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  guard let y = tape.append(.leaf, count: count, needsGradient: false, line: line)
  else { return .failed }
  let values = tape.pointer(y)
  for i in 0..<count { values[i] = f(i) }
  return Vector(node: y)
}
