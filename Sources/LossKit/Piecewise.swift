// Functions with kinks, with PyTorch's choice of slope at the kink. NaN goes through all of them.

/// |x|; slope −1, 0 or 1, and 0 at 0. PyTorch: `torch.abs`.
@export(interface)
public func abs(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0.magnitude, $0 > 0 ? 1 : ($0 < 0 ? -1 : 0)) }
}

/// −1, 0 or 1, without gradient. PyTorch: `torch.sign`.
@export(interface)
public func sign(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0 > 0 ? 1 : ($0 < 0 ? -1 : $0) }
}

/// max(x, 0); the slope at 0 is 0. PyTorch: `F.relu`. A hinge is `relu(1 - x)`.
@export(interface)
public func relu(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0 <= 0 ? 0 : $0, $0 > 0 ? 1 : 0) }
}

/// x kept within [min, max]; slope 1 inside and at the ends, 0 outside. Either end may be left
/// out; min above max is LOSS_STATUS_ARGUMENT. PyTorch: `torch.clamp`.
@export(interface)
public func clamp(
  _ x: Vector, min: Double = -.infinity, max: Double = .infinity, line: UInt32 = #line
) -> Vector {
  guard min <= max else {
    tape.fail(.argument, line: line)
    return .failed
  }
  return elementwise(x, line: line) {
    ($0 < min ? min : ($0 > max ? max : $0), $0 >= min && $0 <= max ? 1 : 0)
  }
}

/// The smaller of a[i] and b[i]; equal ones share the slope by halves. PyTorch: `torch.minimum`.
@export(interface)
public func minimum(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(a, b, line: line) { a, b in
    if a == b { return (a, 0.5, 0.5) }
    return a < b || a.isNaN ? (a, 1, 0) : (b, 0, 1)
  }
}

/// The larger of a[i] and b[i]; equal ones share the slope by halves. PyTorch: `torch.maximum`.
@export(interface)
public func maximum(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(a, b, line: line) { a, b in
    if a == b { return (a, 0.5, 0.5) }
    return a > b || a.isNaN ? (a, 1, 0) : (b, 0, 1)
  }
}

/// The smaller of a[i] and a number; slope ½ where they are equal.
@export(interface)
public func minimum(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  elementwise(a, line: line) { $0 == b ? (b, 0.5) : ($0 > b || b.isNaN ? (b, 0) : ($0, 1)) }
}

/// The larger of a[i] and a number; slope ½ where they are equal.
@export(interface)
public func maximum(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  elementwise(a, line: line) { $0 == b ? (b, 0.5) : ($0 < b || b.isNaN ? (b, 0) : ($0, 1)) }
}

@export(interface)
public func minimum(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(b, a, line: line)
}

@export(interface)
public func maximum(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(b, a, line: line)
}

// `max(0, 1 - x)` reads better to many; as in PyTorch, two arguments go element by element.
@export(interface)
public func min(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
@export(interface)
public func min(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
@export(interface)
public func min(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
@export(interface)
public func max(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
@export(interface)
public func max(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
@export(interface)
public func max(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
