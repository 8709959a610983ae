// Order. Each function works along a vector or each row of a matrix (`dim: 0`: each column).
// With a mask the elements that are present come first and are ordered among themselves.
// Gradients go back to where the elements came from.

/// Writes the indices of `x` in ascending or descending order, held as doubles; equal elements
/// keep their order, and NaN counts as the largest. `order` has room for 2n.
func sortedOrder(
  of x: UnsafePointer<Double>, _ n: Int, descending: Bool,
  into order: UnsafeMutablePointer<Double>
) {
  func precedesNaN(_ i: Int, _ j: Int) -> Bool { !x[i].isNaN && x[j].isNaN }
  if descending {
    mergeSort(order, scratch: order + n, n) { x[$0] > x[$1] || precedesNaN($1, $0) }
  } else {
    mergeSort(order, scratch: order + n, n) { x[$0] < x[$1] || precedesNaN($0, $1) }
  }
}

/// Hands out the order of each row: its number, its order and how many elements are present.
///
/// The order has all n indices; those of absent elements follow, from first to last.
///
/// - Returns: false, with the status noted, when there is no memory.
@inline(__always)
private func forEachOrder(
  _ rows: Rows, descending: Bool, line: UInt32,
  _ body: (Int, UnsafePointer<Double>, Int) -> Void
) -> Bool {
  let n = rows.length
  guard let work = tape.workspace(4 * n, line: line) else { return false }
  let (order, indices, present) = (work, work + 2 * n, work + 3 * n)
  for row in 0..<rows.count {
    let x = tape.pointer(rows.x.node) + row * n
    guard let mask = rows.mask else {
      sortedOrder(of: x, n, descending: descending, into: order)
      body(row, order, n)
      continue
    }
    let flags = tape.pointer(mask.node) + row * n
    var m = 0
    for i in 0..<n where flags[i] != 0 {
      (indices[m], present[m]) = (Double(i), x[i])
      m += 1
    }
    sortedOrder(of: present, m, descending: descending, into: order)
    for k in 0..<m { order[k] = indices[Int(order[k])] }
    var k = m
    for i in 0..<n where flags[i] == 0 {
      order[k] = Double(i)
      k += 1
    }
    body(row, order, m)
  }
  return true
}

/// The elements in ascending order, [n] → [n], [m, n] → [m, n]; equal ones keep their order, and
/// NaN counts as the largest. Behind the present elements of a mask there are zeros without
/// gradient. PyTorch: `torch.sort(x).values`.
@export(interface)
public func sort(
  _ x: Vector, descending: Bool = false, dim: Int = -1, mask: Vector? = nil,
  line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    let n = rows.length
    guard
      let y = tape.append(
        .gather, count: rows.x.count, columns: rows.x.columns, a: rows.x.node,
        needsGradient: tape.node(rows.x.node).needsGradient, slopes: rows.x.count, line: line)
    else { return .failed }
    let source = UnsafePointer(tape.pointer(rows.x.node))
    let values = tape.pointer(y)
    let origins = tape.slopePointer(y)
    let isDone = forEachOrder(rows, descending: descending, line: line) { row, order, m in
      for k in 0..<n {
        let from = row * n + Int(order[k])
        values[row * n + k] = k < m ? source[from] : 0
        origins[row * n + k] = k < m ? Double(from) : -1
      }
    }
    return isDone ? Vector(node: y) : .failed
  }
}

/// The indices that sort, [n] → [n], [m, n] → [m, n], as whole numbers without gradient; for
/// ``gather(_:_:line:)``. The indices of absent elements come last. PyTorch: `torch.argsort`.
@export(interface)
public func argsort(
  _ x: Vector, descending: Bool = false, dim: Int = -1, mask: Vector? = nil,
  line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    let y = zeros(like: rows.x, line: line)
    guard tape.status == 0 else { return .failed }
    let values = tape.pointer(y.node)
    let isDone = forEachOrder(rows, descending: descending, line: line) { row, order, _ in
      (values + row * rows.length).update(from: order, count: rows.length)
    }
    return isDone ? y : .failed
  }
}

/// The place of each element in the order, 1 for the first, [n] → [n], [m, n] → [m, n], without
/// gradient; equal elements have the places of their order, and absent ones 0.
/// PyTorch: `x.argsort().argsort() + 1`.
@export(interface)
public func rank(
  _ x: Vector, descending: Bool = false, dim: Int = -1, mask: Vector? = nil,
  line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    let y = zeros(like: rows.x, line: line)
    guard tape.status == 0 else { return .failed }
    let values = tape.pointer(y.node)
    let isDone = forEachOrder(rows, descending: descending, line: line) { row, order, m in
      for k in 0..<m { values[row * rows.length + Int(order[k])] = Double(k + 1) }
    }
    return isDone ? y : .failed
  }
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
