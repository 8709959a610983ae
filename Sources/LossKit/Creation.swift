// Vectors from nothing. None has a gradient. A count below 1 is LOSS_STATUS_ARGUMENT.

/// `count` copies of a number. PyTorch: `torch.full`.
@export(interface)
public func full(_ count: Int, _ value: Double, line: UInt32 = #line) -> Vector {
  constant(count, line: line) { _ in value }
}

/// As many copies of a number as `other` has elements. PyTorch: `torch.full_like`.
@export(interface)
public func full(like other: Vector, _ value: Double, line: UInt32 = #line) -> Vector {
  full(other.count, value, line: line)
}

/// PyTorch: `torch.zeros`.
@export(interface)
public func zeros(_ count: Int, line: UInt32 = #line) -> Vector { full(count, 0, line: line) }

/// PyTorch: `torch.zeros_like`.
@export(interface)
public func zeros(like other: Vector, line: UInt32 = #line) -> Vector {
  full(other.count, 0, line: line)
}

/// PyTorch: `torch.ones`.
@export(interface)
public func ones(_ count: Int, line: UInt32 = #line) -> Vector { full(count, 1, line: line) }

/// PyTorch: `torch.ones_like`.
@export(interface)
public func ones(like other: Vector, line: UInt32 = #line) -> Vector {
  full(other.count, 1, line: line)
}

/// 0, 1, … count − 1. PyTorch: `torch.arange`.
@export(interface)
public func arange(_ count: Int, line: UInt32 = #line) -> Vector {
  constant(count, line: line) { Double($0) }
}

/// The vector of these numbers. PyTorch: `torch.tensor`.
@export(interface)
public func vector(_ values: [Double], line: UInt32 = #line) -> Vector {
  constant(values.count, line: line) { values[$0] }
}

/// x as it is when it has as many elements as `other`; a single element is repeated to that
/// length. Any other length is LOSS_STATUS_SHAPE. PyTorch: `x.expand_as(other)`.
///
/// A loss that is one number for the whole batch returns `broadcast(number, like: batch.margin)`.
@export(interface)
public func broadcast(_ x: Vector, like other: Vector, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line), other.isUsable(line: line) else { return .failed }
  let n = other.count
  if x.count == n { return x }
  guard x.count == 1 else {
    tape.fail(.shape, line: line)
    return .failed
  }
  return gather(x, count: n, line: line) { _ in 0 }
}

/// x as a constant: the same values, no gradient. PyTorch: `x.detach()`.
@export(interface)
public func detach(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0 }
}
