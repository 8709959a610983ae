// Exponentials, logarithms and powers, element by element: [n] → [n], [m, n] → [m, n]. The names
// are PyTorch's. Where mathematics leaves the range of doubles the value is an infinity.

/// eˣ, [n] → [n]. Infinite above x ≈ 709.78; give it a bounded argument. PyTorch: `torch.exp`.
@export(interface)
public func exp(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = libmExp($0)
    return (y, y)
  }
}

/// eˣ − 1, [n] → [n], without loss of digits near 0. PyTorch: `torch.expm1`.
@export(interface)
public func expm1(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmExpm1($0), libmExp($0)) }
}

/// 2ˣ, [n] → [n]; slope ln 2·2ˣ. Infinite from x = 1024 on. PyTorch: `torch.exp2`.
///
/// The gain of a score in NDCG is `exp2(scores) - 1`.
@export(interface)
public func exp2(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = libmExp2($0)
    return (y, ln2 * y)
  }
}

/// The natural logarithm, [n] → [n]; −∞ at 0, NaN below. PyTorch: `torch.log`.
@export(interface)
public func log(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog($0), 1 / $0) }
}

/// ln(1 + x), [n] → [n], without loss of digits near 0; −∞ at −1, NaN below.
/// PyTorch: `torch.log1p`.
@export(interface)
public func log1p(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog1p($0), 1 / (1 + $0)) }
}

/// The logarithm to base 2, [n] → [n]; slope 1/(x·ln 2). PyTorch: `torch.log2`.
@export(interface)
public func log2(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog2($0), 1.4426950408889634 / $0) }
}

/// The logarithm to base 10, [n] → [n]; slope 1/(x·ln 10). PyTorch: `torch.log10`.
@export(interface)
public func log10(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog10($0), 0.4342944819032518 / $0) }
}

/// ln(1 − eˣ) for x < 0, [n] → [n]: the logarithm of a complementary probability; −∞ at 0, NaN
/// above.
///
/// Stable form: ln(−expm1(x)) for x > −ln 2, else log1p(−eˣ) (Mächler 2012).
/// PyTorch has no function of this; TRL writes it out in ORPO.
@export(interface)
public func log1mExp(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = $0 > -ln2 ? libmLog(-libmExpm1($0)) : libmLog1p(-libmExp($0))
    return (y, -1 / libmExpm1(-$0))
  }
}

/// ln(eᵃ + eᵇ), [n], [n] → [n]: max(a, b) + log1p(exp(−|a − b|)); slopes sigmoid(±(a − b)).
/// PyTorch: `torch.logaddexp`.
@export(interface)
public func logAddExp(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(a, b, line: line) { a, b in
    let e = a == b ? 1 : libmExp(-(a - b).magnitude)
    let larger = 1 / (1 + e)
    let (above, below) = (larger, e * larger)
    let top = a > b || a.isNaN ? a : b
    return (
      top.isFinite ? top + libmLog1p(e) : top, a >= b ? above : below, a >= b ? below : above
    )
  }
}

/// x·ln y, [n], [n] → [n], and 0 where x is 0, whatever y is; slopes ln y (0 where x is 0 and y is
/// 0) and x/y. PyTorch: `torch.xlogy`. The entropy of p is `-sum(xlogy(p, p), dim: 1)`.
@export(interface)
public func xlogy(_ x: Vector, _ y: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(x, y, line: line) { x, y in
    if y.isNaN { return (y, y, y) }
    let logarithm = libmLog(y)
    return x == 0 ? (0, y > 0 ? logarithm : 0, 0) : (x * logarithm, logarithm, x / y)
  }
}

/// The square root, [n] → [n]; NaN below 0. The slope at 0 is infinite, as in PyTorch:
/// `torch.sqrt`.
@export(interface)
public func sqrt(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = $0.squareRoot()
    return (y, 0.5 / y)
  }
}

/// 1/√x, [n] → [n]; slope −½/(x·√x). PyTorch: `torch.rsqrt`.
@export(interface)
public func rsqrt(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = 1 / $0.squareRoot()
    return (y, -0.5 * y / $0)
  }
}

/// 1/x, [n] → [n]; slope −1/x². PyTorch: `torch.reciprocal`.
@export(interface)
public func reciprocal(_ x: Vector, line: UInt32 = #line) -> Vector { 1 / x }

/// x², [n] → [n]. PyTorch: `torch.square`.
@export(interface)
public func square(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0 * $0, 2 * $0) }
}

/// x to a constant power, [n] → [n]; NaN for x < 0 unless the exponent is a whole number.
///
/// The slope is p·x^(p−1), and 0 for p = 0. PyTorch: `torch.pow`.
@export(interface)
public func pow(_ x: Vector, _ exponent: Double, line: UInt32 = #line) -> Vector {
  if exponent == 2 { return square(x, line: line) }
  if exponent == 1 { return x }
  return elementwise(x, line: line) {
    let power = libmPow($0, exponent)
    return (power, powerSlope($0, exponent, power))
  }
}

/// A constant base to the powers x, [n] → [n]; slope ln(base)·baseˣ, and 0 for base 0 and x ≥ 0.
/// PyTorch: `torch.pow`.
@export(interface)
public func pow(_ base: Double, _ x: Vector, line: UInt32 = #line) -> Vector {
  let logarithm = libmLog(base)
  return elementwise(x, line: line) {
    let y = libmPow(base, $0)
    return (y, base == 0 && $0 >= 0 ? 0 : logarithm * y)
  }
}

/// x[i] to the power y[i], [n], [n] → [n]. Slopes y·x^(y−1) (0 where y = 0) and ln(x)·xʸ (0 where
/// x = 0 and y ≥ 0), as PyTorch: `torch.pow`.
@export(interface)
public func pow(_ x: Vector, _ y: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(x, y, line: line) { x, y in
    let power = libmPow(x, y)
    return (
      power, powerSlope(x, y, power),
      x == 0 && y >= 0 ? 0 : libmLog(x) * power
    )
  }
}

/// d xʸ/dx = y·x^(y−1); where x^(y−1) alone leaves the range, y/x·xʸ.
@inline(__always)
private func powerSlope(_ x: Double, _ y: Double, _ power: Double) -> Double {
  if y == 0 { return 0 }
  let slope = y * libmPow(x, y - 1)
  return slope.isFinite || x == 0 ? slope : y / x * power
}

/// ln 2.
let ln2 = 0.6931471805599453
