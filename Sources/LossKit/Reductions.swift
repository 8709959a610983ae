// One element from all, from each row (`dim: 1`) or from each column (`dim: 0`). Every function
// here maps [n] → [1], [m, n] → [1], with `dim: 1` [m, n] → [m], with `dim: 0` [m, n] → [n];
// `keepdim: true` keeps the reduced dimension as one of extent 1. With a mask, which goes with the
// shape of x, only elements whose mask is not 0 take part; a row without any gives 0.

/// The sum of n ≥ 1 numbers in four lanes, so that it vectorises; the order is fixed, so the bits
/// repeat.
func total(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
  var lanes = SIMD4<Double>(repeating: 0)
  var i = 0
  while i + 4 <= n {
    lanes += SIMD4(x[i], x[i + 1], x[i + 2], x[i + 3])
    i += 4
  }
  var sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
  while i < n {
    sum += x[i]
    i += 1
  }
  return sum
}

/// The mean of n ≥ 1 numbers; finite whenever all of them are.
func average(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
  let count = Double(n)
  let mean = total(x, n) / count
  if mean.isFinite { return mean }
  // The sum may have left the range although the mean lies within it.
  var sum = 0.0
  for i in 0..<n { sum += x[i] / count }
  return sum
}

/// Records a reduction whose slope is the same for every element.
@inline(__always)
private func uniform(
  _ rows: Rows?, factor: Double, line: UInt32, _ f: (UnsafePointer<Double>, Int) -> Double
) -> Vector {
  guard let rows, rows.x.isUsable(line: line),
    let y = tape.append(
      .uniformReduction, count: rows.count, columns: rows.resultColumns, a: rows.x.node,
      needsGradient: tape.node(rows.x.node).needsGradient, factor: factor, line: line)
  else { return .failed }
  let x = UnsafePointer(tape.pointer(rows.x.node))
  let values = tape.pointer(y)
  for row in 0..<rows.count { values[row] = f(x + row * rows.length, rows.length) }
  return Vector(node: y)
}

/// The sum. PyTorch: `torch.sum`.
@export(interface)
public func sum(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  if mask == nil { return uniform(rows, factor: 1, line: line) { total($0, $1) } }
  return reduce(rows, line: line) { x, n, slopes in
    slopes?.update(repeating: 1, count: n)
    return total(x, n)
  }
}

/// The mean; finite whenever all elements are. PyTorch: `torch.mean`.
@export(interface)
public func mean(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  guard let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  else { return .failed }
  if mask == nil {
    return uniform(rows, factor: 1 / Double(rows.length), line: line) { average($0, $1) }
  }
  return reduce(rows, line: line) { x, n, slopes in
    slopes?.update(repeating: 1 / Double(n), count: n)
    return average(x, n)
  }
}

/// The smallest element; equal ones share the slope. PyTorch: `torch.amin`.
@export(interface)
public func min(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  extremum(rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line), line) { $0 < $1 }
}

/// The largest element; equal ones share the slope. PyTorch: `torch.amax`.
@export(interface)
public func max(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  extremum(rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line), line) { $0 > $1 }
}

@inline(__always)
private func extremum(
  _ rows: Rows?, _ line: UInt32, _ isBetter: (Double, Double) -> Bool
) -> Vector {
  reduce(rows, line: line) { x, n, slopes in
    var best = x[0]
    for i in 1..<max(n, 1) where isBetter(x[i], best) || x[i].isNaN { best = x[i] }
    guard let slopes else { return best }
    var ties = 0.0
    for i in 0..<n where x[i] == best { ties += 1 }
    for i in 0..<n { slopes[i] = x[i] == best ? 1 / ties : 0 }
    return best
  }
}

/// Where the largest element is (the first of equal ones; a NaN counts as the largest), as a whole
/// number, without gradient. PyTorch: `torch.argmax`.
@export(interface)
public func argmax(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: detach(x, line: line), dim: dim, keepdim: keepdim, mask: nil, line: line)
  return reduce(rows, line: line) { x, n, _ in
    var best = 0
    for i in 1..<max(n, 1) where x[i] > x[best] || (x[i].isNaN && !x[best].isNaN) { best = i }
    return Double(best)
  }
}

/// √Σx², the Euclidean norm, without overflow or underflow on the way; slope x/‖x‖, and 0 where
/// all elements are 0. PyTorch: `torch.linalg.vector_norm`.
@export(interface)
public func norm(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  return reduce(rows, line: line) { x, n, slopes in
    var largest = 0.0
    for i in 0..<n where !(x[i].magnitude <= largest) { largest = x[i].magnitude }
    guard largest > 0 || largest.isNaN else {
      slopes?.update(repeating: 0, count: n)
      return 0
    }
    var sum = 0.0
    for i in 0..<n {
      let scaled = x[i] / largest
      slopes?[i] = scaled
      sum += scaled * scaled
    }
    let root = sum.squareRoot()
    if let slopes { for i in 0..<n { slopes[i] /= root } }
    return root * largest
  }
}
