// Shapes of two dimensions: which way a function runs, and the same numbers in another shape.

/// The direction in which a function runs through a vector or a matrix.
enum Axis {
  /// All elements as one row.
  case all
  /// Along each row of a matrix.
  case rows
  /// Along each column of a matrix.
  case columns

  /// What PyTorch's `dim` means for `x`; nil, with the status noted, for a dimension that `x` does
  /// not have.
  init?(_ dim: Int?, of x: Vector, line: UInt32) {
    switch (dim, x.columns > 0) {
    case (nil, _), (0, false), (-1, false): self = .all
    case (1, true), (-1, true): self = .rows
    case (0, true), (-2, true): self = .columns
    default:
      tape.fail(.argument, line: line)
      return nil
    }
  }
}

/// The numbers of `x` in their order, in another shape.
@inline(__always)
func reshaped(_ x: Vector, columns: Int, line: UInt32) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  if x.columns == Int32(truncatingIfNeeded: columns) { return x }
  return simple(
    .affine, x, factor: 1, columns: Int32(truncatingIfNeeded: columns), line: line
  ) { $0 }
}

/// The numbers of x, row by row, as a matrix, [m·n] → [m, n]; LOSS_STATUS_SHAPE unless there are
/// rows·columns of them. PyTorch: `x.reshape(rows, columns)`.
@export(interface)
public func reshape(
  _ x: Vector, _ rows: Int, _ columns: Int, line: UInt32 = #line
) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  guard rows >= 1, columns >= 1, x.count % columns == 0, x.count / columns == rows else {
    tape.fail(.shape, line: line)
    return .failed
  }
  return reshaped(x, columns: columns, line: line)
}

/// The numbers of x in the shape of `other`, [m·n], [m, n] → [m, n], which has as many, else
/// LOSS_STATUS_SHAPE.
/// PyTorch: `x.view_as(other)`.
@export(interface)
public func reshape(_ x: Vector, like other: Vector, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line), other.isUsable(line: line) else { return .failed }
  guard x.count == other.count else {
    tape.fail(.shape, line: line)
    return .failed
  }
  return reshaped(x, columns: Int(other.columns), line: line)
}

/// The numbers of a matrix, row by row, as a vector, [m, n] → [m·n]. PyTorch: `x.flatten()`.
@export(interface)
public func flatten(_ x: Matrix, line: UInt32 = #line) -> Vector {
  reshaped(x, columns: 0, line: line)
}

/// A vector as a matrix of one row, [n] → [1, n] (dim 0), or of one column, [n] → [n, 1] (dim 1
/// or −1). A matrix, or any other dim, is LOSS_STATUS_ARGUMENT. PyTorch: `x.unsqueeze(dim)`.
///
/// A vector [m] meets the rows of a matrix [m, n] as `unsqueeze(x, 1)`.
@export(interface)
public func unsqueeze(_ x: Vector, _ dim: Int, line: UInt32 = #line) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  guard x.columns == 0, (-2...1).contains(dim) else {
    tape.fail(.argument, line: line)
    return .failed
  }
  return reshaped(x, columns: dim == 0 || dim == -2 ? x.count : 1, line: line)
}

/// A matrix of one row or one column as a vector, [1, n] or [n, 1] → [n]; any other shape stays as
/// it is. PyTorch: `x.squeeze()`.
@export(interface)
public func squeeze(_ x: Matrix, line: UInt32 = #line) -> Vector {
  let columns = Int(x.columns)
  return columns == 1 || columns == x.count ? reshaped(x, columns: 0, line: line) : x
}

/// Rows as columns, [m, n] → [n, m]; a vector stays as it is. PyTorch: `x.t()`.
@export(interface)
public func transpose(_ x: Matrix, line: UInt32 = #line) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  let n = Int(x.columns)
  if n == 0 { return x }
  let m = x.count / n
  return gather(x, rows: n, columns: m, line: line) { $1 * n + $0 }
}

/// Column j of a matrix, [m, n] → [m]. A column that is not there is LOSS_STATUS_ARGUMENT.
/// PyTorch: `x[:, j]`.
@export(interface)
public func column(_ x: Matrix, _ j: Int, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = Int(x.columns)
  guard j >= 0, j < n else {
    tape.fail(.argument, line: line)
    return .failed
  }
  return gather(x, count: x.count / n, line: line) { $0 * n + j }
}

/// Some neighbouring columns of a matrix, [m, n] → [m, k]. An empty range, or one that reaches
/// beyond the matrix, is LOSS_STATUS_ARGUMENT. PyTorch: `x[:, a:b]`.
@export(interface)
public func columns(_ x: Matrix, _ range: Range<Int>, line: UInt32 = #line) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  let n = Int(x.columns)
  guard range.lowerBound >= 0, range.upperBound <= n, !range.isEmpty else {
    tape.fail(.argument, line: line)
    return .failed
  }
  let start = range.lowerBound
  return gather(x, rows: x.count / n, columns: range.count, line: line) { $0 * n + start + $1 }
}
