// Order and position of elements. Gradients go back to where the elements came from.

/// The elements in ascending order, [n] → [n]; equal ones keep their order, and NaN
/// counts as the largest. PyTorch: `torch.sort(x).values`.
@export(interface)
public func sort(_ x: Vector, descending: Bool = false, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  guard
    let y = tape.append(
      .gather, count: n, a: x.node, needsGradient: tape.node(x.node).needsGradient,
      slopes: 2 * n, line: line)
  else { return .failed }
  let source = UnsafePointer(tape.pointer(x.node))
  let order = tape.slopePointer(y)
  let values = tape.pointer(y)
  if descending {
    mergeSort(order, scratch: order + n, n) { source[$0] > source[$1] || precedesNaN($1, $0) }
  } else {
    mergeSort(order, scratch: order + n, n) { source[$0] < source[$1] || precedesNaN($0, $1) }
  }
  for i in 0..<n { values[i] = source[Int(order[i])] }
  return Vector(node: y)

  func precedesNaN(_ i: Int, _ j: Int) -> Bool { !source[i].isNaN && source[j].isNaN }
}

/// Sorts the numbers 0..<n, held as doubles, stably by `precedes`; bottom-up, in n·log n steps.
@inline(__always)
private func mergeSort(
  _ order: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>, _ n: Int,
  _ precedes: (Int, Int) -> Bool
) {
  for i in 0..<n { order[i] = Double(i) }
  var width = 1
  while width < n {
    var start = 0
    while start < n {
      let middle = min(start + width, n)
      let end = min(middle + width, n)
      var left = start
      var right = middle
      for k in start..<end {
        let takesRight =
          right < end && (left >= middle || precedes(Int(order[right]), Int(order[left])))
        scratch[k] = takesRight ? order[right] : order[left]
        if takesRight { right += 1 } else { left += 1 }
      }
      start = end
    }
    order.update(from: scratch, count: n)
    width *= 2
  }
}

/// a followed by b, [m], [n] → [m + n]. PyTorch: `torch.cat`.
@export(interface)
public func concatenate(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  guard a.isUsable(line: line), b.isUsable(line: line) else { return .failed }
  let (m, n) = (a.count, b.count)
  let needsGradient = tape.node(a.node).needsGradient || tape.node(b.node).needsGradient
  guard
    let y = tape.append(
      .concatenate, count: m + n, a: a.node, b: b.node, needsGradient: needsGradient, line: line)
  else { return .failed }
  let values = tape.pointer(y)
  values.update(from: tape.pointer(a.node), count: m)
  (values + m).update(from: tape.pointer(b.node), count: n)
  return Vector(node: y)
}

/// All vectors, one after the other; none at all is LOSS_STATUS_ARGUMENT.
@export(interface)
public func concatenate(_ vectors: [Vector], line: UInt32 = #line) -> Vector {
  guard var joined = vectors.first else {
    tape.fail(.argument, line: line)
    return .failed
  }
  for next in vectors.dropFirst() { joined = concatenate(joined, next, line: line) }
  return joined
}

/// y[i] = x[0] + … + x[i], [n] → [n]. PyTorch: `torch.cumsum(x, 0)`.
@export(interface)
public func cumulativeSum(_ x: Vector, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line),
    let y = tape.append(
      .cumulativeSum, count: x.count, a: x.node,
      needsGradient: tape.node(x.node).needsGradient, line: line)
  else { return .failed }
  let source = tape.pointer(x.node)
  let values = tape.pointer(y)
  var sum = 0.0
  for i in 0..<x.count {
    sum += source[i]
    values[i] = sum
  }
  return Vector(node: y)
}

/// The elements from last to first. PyTorch: `torch.flip(x, [0])`.
@export(interface)
public func flip(_ x: Vector, line: UInt32 = #line) -> Vector {
  let n = x.count
  return gather(x, count: n, line: line) { n - 1 - $0 }
}

/// The elements moved up by `shift` places, those pushed out coming in at the other end; a
/// negative shift moves down. PyTorch: `torch.roll(x, shift)`.
@export(interface)
public func roll(_ x: Vector, _ shift: Int, line: UInt32 = #line) -> Vector {
  let n = x.count
  let offset = ((shift % n) + n) % n
  return gather(x, count: n, line: line) { ($0 + n - offset) % n }
}

extension Vector {
  /// One element, as a vector of shape [1]. An index outside 0..<count is LOSS_STATUS_ARGUMENT.
  @export(interface)
  public subscript(index: Int, line: UInt32 = #line) -> Vector {
    self[index..<Swift.max(index, index &+ 1), line]
  }

  /// The elements of a range, which must not be empty nor reach beyond the vector, else
  /// LOSS_STATUS_ARGUMENT.
  @export(interface)
  public subscript(range: Range<Int>, line: UInt32 = #line) -> Vector {
    guard isUsable(line: line) else { return .failed }
    guard range.lowerBound >= 0, range.upperBound <= count, !range.isEmpty else {
      tape.fail(.argument, line: line)
      return .failed
    }
    let start = range.lowerBound
    return gather(self, count: range.count, line: line) { start + $0 }
  }
}
