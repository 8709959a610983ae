// Vectors and matrices from nothing. None has a gradient. An extent below 1 is
// LOSS_STATUS_ARGUMENT.

/// `count` copies of a number, → [count]. PyTorch: `torch.full((n,), value)`.
@export(interface)
public func full(_ count: Int, _ value: Double, line: UInt32 = #line) -> Vector {
  constant(count, line: line) { _ in value }
}

/// A number in every place, → [rows, columns]. PyTorch: `torch.full((m, n), value)`.
@export(interface)
public func full(
  _ rows: Int, _ columns: Int, _ value: Double, line: UInt32 = #line
) -> Matrix {
  guard rows >= 1, columns >= 1, rows <= Tape.valueLimit, columns <= Tape.valueLimit else {
    tape.fail(rows >= 1 && columns >= 1 ? .memory : .argument, line: line)
    return .failed
  }
  return constant(
    rows * columns, columns: Int32(truncatingIfNeeded: columns), line: line
  ) { _ in value }
}

/// A number in every place, in the shape of `other`, [n] → [n]. PyTorch: `torch.full_like`.
@export(interface)
public func full(like other: Vector, _ value: Double, line: UInt32 = #line) -> Vector {
  constant(other.count, columns: other.columns, line: line) { _ in value }
}

/// Zeros, → [count]. PyTorch: `torch.zeros`.
@export(interface)
public func zeros(_ count: Int, line: UInt32 = #line) -> Vector { full(count, 0, line: line) }

/// Zeros in the shape of `other`, [n] → [n]. PyTorch: `torch.zeros_like`.
@export(interface)
public func zeros(like other: Vector, line: UInt32 = #line) -> Vector {
  full(like: other, 0, line: line)
}

/// Ones, → [count]. PyTorch: `torch.ones`.
@export(interface)
public func ones(_ count: Int, line: UInt32 = #line) -> Vector { full(count, 1, line: line) }

/// Ones in the shape of `other`, [n] → [n]. PyTorch: `torch.ones_like`.
@export(interface)
public func ones(like other: Vector, line: UInt32 = #line) -> Vector {
  full(like: other, 1, line: line)
}

/// 0, 1, … count − 1, → [count]. PyTorch: `torch.arange`.
@export(interface)
public func arange(_ count: Int, line: UInt32 = #line) -> Vector {
  constant(count, line: line) { Double($0) }
}

/// The vector of these numbers, → [n]. PyTorch: `torch.tensor`.
@export(interface)
public func vector(_ values: [Double], line: UInt32 = #line) -> Vector {
  constant(values.count, line: line) { values[$0] }
}

/// The matrix of these rows, → [m, n]; rows of different lengths are LOSS_STATUS_SHAPE.
/// PyTorch: `torch.tensor([[…], […]])`.
@export(interface)
public func matrix(_ rows: [[Double]], line: UInt32 = #line) -> Matrix {
  let n = rows.first?.count ?? 0
  for row in rows where row.count != n {
    tape.fail(.shape, line: line)
    return .failed
  }
  return constant(
    rows.count * n, columns: Int32(truncatingIfNeeded: n), line: line
  ) { rows[$0 / n][$0 % n] }
}

/// x as a constant, [n] → [n]: the same values, no gradient. PyTorch: `x.detach()`.
@export(interface)
public func detach(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0 }
}
