// Exponentials, logarithms and powers. Each maps a vector of shape [n] to one of shape [n]; the
// names are PyTorch's. Where mathematics leaves the range of doubles the value is an infinity.

/// eˣ. Infinite above x ≈ 709.78; give it a bounded argument. PyTorch: `torch.exp`.
@export(interface)
public func exp(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = libmExp($0)
    return (y, y)
  }
}

/// eˣ − 1 without loss of digits near 0. PyTorch: `torch.expm1`.
@export(interface)
public func expm1(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmExpm1($0), libmExp($0)) }
}

/// The natural logarithm; −∞ at 0, NaN below. PyTorch: `torch.log`.
@export(interface)
public func log(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog($0), 1 / $0) }
}

/// ln(1 + x) without loss of digits near 0; −∞ at −1, NaN below. PyTorch: `torch.log1p`.
@export(interface)
public func log1p(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmLog1p($0), 1 / (1 + $0)) }
}

/// ln(1 − eˣ) for x < 0, the logarithm of a complementary probability; −∞ at 0, NaN above.
///
/// Stable form: ln(−expm1(x)) for x > −ln 2, else log1p(−eˣ) (Mächler 2012).
/// PyTorch has no function of this; TRL writes it out in ORPO.
@export(interface)
public func log1mExp(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = $0 > -0.6931471805599453 ? libmLog(-libmExpm1($0)) : libmLog1p(-libmExp($0))
    return (y, -1 / libmExpm1(-$0))
  }
}

/// The square root; NaN below 0. The slope at 0 is infinite, as in PyTorch: `torch.sqrt`.
@export(interface)
public func sqrt(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let y = $0.squareRoot()
    return (y, 0.5 / y)
  }
}

/// x². PyTorch: `torch.square`.
@export(interface)
public func square(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { ($0 * $0, 2 * $0) }
}

/// x to a constant power; NaN for x < 0 unless the exponent is a whole number.
///
/// The slope is p·x^(p−1), and 0 for p = 0. PyTorch: `torch.pow`.
@export(interface)
public func pow(_ x: Vector, _ exponent: Double, line: UInt32 = #line) -> Vector {
  if exponent == 2 { return square(x, line: line) }
  if exponent == 1 { return x }
  return elementwise(x, line: line) {
    (
      libmPow($0, exponent),
      exponent == 0 ? 0 : exponent * libmPow($0, exponent - 1)
    )
  }
}

/// A constant base to the powers x; slope ln(base)·baseˣ, and 0 for base 0 and x ≥ 0.
@export(interface)
public func pow(_ base: Double, _ x: Vector, line: UInt32 = #line) -> Vector {
  let logarithm = libmLog(base)
  return elementwise(x, line: line) {
    let y = libmPow(base, $0)
    return (y, base == 0 && $0 >= 0 ? 0 : logarithm * y)
  }
}

/// x[i] to the power y[i]; shapes as for `*`. Slopes y·x^(y−1) (0 where y = 0) and ln(x)·xʸ
/// (0 where x = 0 and y ≥ 0), as PyTorch: `torch.pow`.
@export(interface)
public func pow(_ x: Vector, _ y: Vector, line: UInt32 = #line) -> Vector {
  elementwise2(x, y, line: line) { x, y in
    let power = libmPow(x, y)
    return (
      power,
      y == 0 ? 0 : y * libmPow(x, y - 1),
      x == 0 && y >= 0 ? 0 : libmLog(x) * power
    )
  }
}
