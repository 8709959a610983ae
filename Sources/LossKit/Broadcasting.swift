// How operands of two shapes meet, by PyTorch's rules: shapes are compared from the right, a
// missing dimension counts as 1, and an extent of 1 is repeated.

/// Makes two operands fit: afterwards they have the same shape, or one of them has one element.
///
/// - Returns: the number of elements of the result and its columns; nil, with the status noted,
///   when the shapes do not go together.
@inline(__always)
func fit(
  _ x: inout Vector, _ y: inout Vector, line: UInt32
) -> (count: Int, columns: Int32)? {
  let (m, n) = (x.count, y.count)
  let (p, q) = (x.columns, y.columns)
  if m == n && p == q { return (m, p) }
  if m == 1 && n == 1 { return (1, Swift.max(p, q)) }
  if n == 1 { return (m, p) }
  if m == 1 { return (n, q) }
  return fitMatrices(&x, &y, line: line)
}

private func fitMatrices(
  _ x: inout Vector, _ y: inout Vector, line: UInt32
) -> (count: Int, columns: Int32)? {
  let (p, q) = (Int(x.columns), Int(y.columns))
  let a = p == 0 ? (rows: 1, columns: x.count) : (rows: x.count / p, columns: p)
  let b = q == 0 ? (rows: 1, columns: y.count) : (rows: y.count / q, columns: q)
  guard p > 0 || q > 0, a.rows == b.rows || a.rows == 1 || b.rows == 1,
    a.columns == b.columns || a.columns == 1 || b.columns == 1
  else {
    tape.fail(.shape, line: line)
    return nil
  }
  let rows = Swift.max(a.rows, b.rows)
  let columns = Swift.max(a.columns, b.columns)
  x = expand(x, rows, columns, line: line)
  y = expand(y, rows, columns, line: line)
  return tape.status == 0 ? (rows * columns, Int32(truncatingIfNeeded: columns)) : nil
}

/// `x` repeated to a shape that it goes with.
private func expand(_ x: Vector, _ rows: Int, _ columns: Int, line: UInt32) -> Vector {
  let own = x.columns == 0 ? x.count : Int(x.columns)
  if x.columns > 0, own == columns, x.count == rows * columns { return x }
  let rowStride = x.count == own ? 0 : own
  let columnStride = own == 1 ? 0 : 1
  return gather(x, rows: rows, columns: columns, line: line) {
    $0 * rowStride + $1 * columnStride
  }
}

/// x repeated to the shape of `other`, [1], [n] → [n]; [n], [m, n] → [m, n]; LOSS_STATUS_SHAPE
/// when the two do not go together. PyTorch: `x.expand_as(other)`.
///
/// A loss that is one number for the whole batch returns `broadcast(number, like: batch.margin)`.
@export(interface)
public func broadcast(_ x: Vector, like other: Vector, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line), other.isUsable(line: line) else { return .failed }
  let n = other.count
  let columns = other.columns
  if x.count == n && x.columns == columns { return x }
  if x.count == 1 {
    return gather(x, count: n, columns: columns, line: line) { _ in 0 }
  }
  var (wide, shape) = (x, other)
  guard let result = fit(&wide, &shape, line: line) else { return .failed }
  guard result.count == n, result.columns == columns else {
    tape.fail(.shape, line: line)
    return .failed
  }
  return wide
}
