// One element from all. The result has shape [1] and goes with a vector of any length.

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
  _ x: Vector, factor: Double, line: UInt32, _ f: (UnsafePointer<Double>, Int) -> Double
) -> Vector {
  guard x.isUsable(line: line),
    let y = tape.append(
      .uniformReduction, count: 1, a: x.node, needsGradient: tape.node(x.node).needsGradient,
      factor: factor, line: line)
  else { return .failed }
  tape.pointer(y)[0] = f(tape.pointer(x.node), x.count)
  return Vector(node: y)
}

/// The sum, [n] → [1]. PyTorch: `torch.sum`.
@export(interface)
public func sum(_ x: Vector, line: UInt32 = #line) -> Vector {
  uniform(x, factor: 1, line: line) { total($0, $1) }
}

/// The mean, [n] → [1]. PyTorch: `torch.mean`.
@export(interface)
public func mean(_ x: Vector, line: UInt32 = #line) -> Vector {
  uniform(x, factor: 1 / Double(x.count), line: line) { average($0, $1) }
}

/// The smallest element, [n] → [1]; equal ones share the slope. PyTorch: `torch.min(x)`.
@export(interface)
public func min(_ x: Vector, line: UInt32 = #line) -> Vector {
  extremum(x, line: line) { $0 < $1 }
}

/// The largest element, [n] → [1]; equal ones share the slope. PyTorch: `torch.max(x)`.
@export(interface)
public func max(_ x: Vector, line: UInt32 = #line) -> Vector {
  extremum(x, line: line) { $0 > $1 }
}

@inline(__always)
private func extremum(
  _ x: Vector, line: UInt32, _ isBetter: (Double, Double) -> Bool
) -> Vector {
  reduction(x, line: line) { x, n, slopes in
    var best = x[0]
    for i in 1..<max(n, 1) where isBetter(x[i], best) || x[i].isNaN { best = x[i] }
    guard let slopes else { return best }
    var ties = 0.0
    for i in 0..<n where x[i] == best { ties += 1 }
    for i in 0..<n { slopes[i] = x[i] == best ? 1 / ties : 0 }
    return best
  }
}

/// ln Σ eˣ, [n] → [1], with the largest element taken out so that nothing overflows; the slopes
/// are the softmax. PyTorch: `torch.logsumexp(x, 0)`.
@export(interface)
public func logSumExp(_ x: Vector, line: UInt32 = #line) -> Vector {
  reduction(x, line: line) { x, n, slopes in
    var largest = x[0]
    for i in 0..<n where x[i] > largest || x[i].isNaN { largest = x[i] }
    guard largest.isFinite else {
      if let slopes { for i in 0..<n { slopes[i] = 0 } }
      return largest
    }
    var sum = 0.0
    for i in 0..<n {
      let e = libmExp(x[i] - largest)
      slopes?[i] = e
      sum += e
    }
    if let slopes { for i in 0..<n { slopes[i] /= sum } }
    return largest + libmLog(sum)
  }
}

/// eˣ/Σeˣ over all elements, [n] → [n]. PyTorch: `torch.softmax(x, 0)`.
@export(interface)
public func softmax(_ x: Vector, line: UInt32 = #line) -> Vector {
  exp(logSoftmax(x, line: line), line: line)
}

/// x − logSumExp(x), [n] → [n]. PyTorch: `torch.log_softmax(x, 0)`.
@export(interface)
public func logSoftmax(_ x: Vector, line: UInt32 = #line) -> Vector {
  x - logSumExp(x, line: line)
}
