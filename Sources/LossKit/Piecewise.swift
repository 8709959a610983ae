// Functions with kinks, element by element, [n] → [n], [m, n] → [m, n], with PyTorch's choice of
// slope at the kink. NaN goes through all of them.

/// |x|, [n] → [n]; slope −1, 0 or 1, and 0 at 0. PyTorch: `torch.abs`.
@export(interface)
public func abs(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0.magnitude, $0 > 0 ? 1 : ($0 < 0 ? -1 : 0)) }
}

/// −1, 0 or 1, [n] → [n], without gradient. PyTorch: `torch.sign`.
@export(interface)
public func sign(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0 > 0 ? 1 : ($0 < 0 ? -1 : $0) }
}

/// max(x, 0), [n] → [n]; the slope at 0 is 0. PyTorch: `F.relu`. A hinge is `relu(1 - x)`.
@export(interface)
public func relu(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0 <= 0 ? 0 : $0, $0 > 0 ? 1 : 0) }
}

/// x kept within [min, max], [n] → [n]; slope 1 inside and at the ends, 0 outside. Either end may
/// be left out; min above max is LOSS_STATUS_ARGUMENT. PyTorch: `torch.clamp`.
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

/// x for x ≥ 0, slope·x below, [n] → [n]; at 0 the slope of the lower side.
/// PyTorch: `F.leaky_relu`.
@export(interface)
public func leakyRelu(_ x: Vector, slope: Double = 0.01, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { $0 > 0 ? ($0, 1) : (slope * $0, slope) }
}

/// x for x ≥ 0, eˣ − 1 below, [n] → [n], smooth at 0. PyTorch: `F.elu`.
@export(interface)
public func elu(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { $0 > 0 ? ($0, 1) : (libmExpm1($0), libmExp($0)) }
}

/// x²/2 for |x| ≤ δ, δ·(|x| − δ/2) beyond, [n] → [n]; slope x kept within [−δ, δ]. δ ≤ 0 is
/// LOSS_STATUS_ARGUMENT. PyTorch: `F.huber_loss` of x against 0.
@export(interface)
public func huber(_ x: Vector, delta: Double = 1, line: UInt32 = #line) -> Vector {
  guard delta > 0 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  return elementwise(x, line: line) {
    let size = $0.magnitude
    if !(size > delta) { return (0.5 * $0 * $0, $0) }
    return (delta * (size - 0.5 * delta), $0 > 0 ? delta : -delta)
  }
}

/// The whole number below, [n] → [n], without gradient. PyTorch: `torch.floor`.
@export(interface)
public func floor(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0.rounded(.down) }
}

/// The whole number above, [n] → [n], without gradient. PyTorch: `torch.ceil`.
@export(interface)
public func ceil(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0.rounded(.up) }
}

/// The nearest whole number, [n] → [n], halves to the even one, without gradient.
/// PyTorch: `torch.round`.
@export(interface)
public func round(_ x: Vector, line: UInt32 = #line) -> Vector {
  simple(.leaf, x, line: line) { $0.rounded(.toNearestOrEven) }
}

/// The smaller of a[i] and b[i], [n], [n] → [n]; equal ones share the slope by halves.
/// PyTorch: `torch.minimum`.
@export(interface)
public func minimum(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(a, b, line: line) { a, b in
    if a == b { return (a, 0.5, 0.5) }
    return a < b || a.isNaN ? (a, 1, 0) : (b, 0, 1)
  }
}

/// The larger of a[i] and b[i], [n], [n] → [n]; equal ones share the slope by halves.
/// PyTorch: `torch.maximum`.
@export(interface)
public func maximum(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(a, b, line: line) { a, b in
    if a == b { return (a, 0.5, 0.5) }
    return a > b || a.isNaN ? (a, 1, 0) : (b, 0, 1)
  }
}

/// The smaller of a[i] and a number, [n] → [n]; slope ½ where they are equal.
/// PyTorch: `torch.minimum`.
@export(interface)
public func minimum(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  elementwise(a, line: line) { $0 == b ? (b, 0.5) : ($0 > b || b.isNaN ? (b, 0) : ($0, 1)) }
}

/// The larger of a[i] and a number, [n] → [n]; slope ½ where they are equal.
/// PyTorch: `torch.maximum`.
@export(interface)
public func maximum(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  elementwise(a, line: line) { $0 == b ? (b, 0.5) : ($0 < b || b.isNaN ? (b, 0) : ($0, 1)) }
}

/// The smaller of a number and b[i], [n] → [n]. PyTorch: `torch.minimum`.
@export(interface)
public func minimum(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(b, a, line: line)
}

/// The larger of a number and b[i], [n] → [n]. PyTorch: `torch.maximum`.
@export(interface)
public func maximum(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(b, a, line: line)
}

// `max(0, 1 - x)` reads better to many; as in PyTorch, two arguments go element by element.

/// ``minimum(_:_:line:)``, [n], [n] → [n]. PyTorch: `torch.min(a, b)`.
@export(interface)
public func min(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
/// The smaller of a[i] and a number, [n] → [n]. PyTorch: `torch.clamp(a, max=b)`.
@export(interface)
public func min(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
/// The smaller of a number and b[i], [n] → [n]. PyTorch: `torch.clamp(b, max=a)`.
@export(interface)
public func min(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  minimum(a, b, line: line)
}
/// ``maximum(_:_:line:)``, [n], [n] → [n]. PyTorch: `torch.max(a, b)`.
@export(interface)
public func max(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
/// The larger of a[i] and a number, [n] → [n]. PyTorch: `torch.clamp(a, min=b)`.
@export(interface)
public func max(_ a: Vector, _ b: Double, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
/// The larger of a number and b[i], [n] → [n]. PyTorch: `torch.clamp(b, min=a)`.
@export(interface)
public func max(_ a: Double, _ b: Vector, line: UInt32 = #line) -> Vector {
  maximum(a, b, line: line)
}
