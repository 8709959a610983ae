// Other smooth functions, element by element: [n] → [n], [m, n] → [m, n].

/// The error function, in [−1, 1], [n] → [n]; slope 2/√π·exp(−x²). PyTorch: `torch.erf`.
@export(interface)
public func erf(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmErf($0), 1.1283791670955126 * libmExp(-$0 * $0)) }
}

/// The normal distribution function Φ(x), in [0, 1], [n] → [n]: erfc(−x/√2)/2, which keeps the
/// lower tail; slope exp(−x²/2)/√(2π). PyTorch: `torch.special.ndtr`.
@export(interface)
public func normalCDF(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    (0.5 * libmErfc(-$0 * 0.7071067811865476), 0.3989422804014327 * libmExp(-0.5 * $0 * $0))
  }
}

/// ln Φ(x), always ≤ 0, [n] → [n]: the probit counterpart of ``logSigmoid(_:line:)``.
/// PyTorch: `torch.special.log_ndtr`.
///
/// Stable form: log1p(−Φ(−x)) for x > −1, ln Φ(x) down to −37, and below that the asymptotic series
/// −x²/2 − ln(−x·√(2π)) + ln(1 − 1/x² + 3/x⁴ − …). The slope φ/Φ goes to −x, and is taken from the
/// same series there.
@export(interface)
public func logNormalCDF(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let x = $0
    if x > -37 || x.isNaN {
      let density = 0.3989422804014327 * libmExp(-0.5 * x * x)
      let probability = 0.5 * libmErfc(-x * 0.7071067811865476)
      let value =
        x > -1 ? libmLog1p(-0.5 * libmErfc(x * 0.7071067811865476)) : libmLog(probability)
      return (value, density / probability)
    }
    let u = 1 / (x * x)
    let series = 1 - u * (1 - u * (3 - u * (15 - u * (105 - u * 945))))
    let value = -0.5 * x * x - libmLog(-x) - 0.9189385332046727 + libmLog(series)
    return (value, -x / series)
  }
}

/// The arc tangent, in (−π/2, π/2), [n] → [n]. PyTorch: `torch.atan`.
@export(interface)
public func atan(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmAtan($0), 1 / (1 + $0 * $0)) }
}

/// The inverse of the hyperbolic sine, ln(x + √(x² + 1)), [n] → [n]: a logarithm for both signs;
/// slope 1/√(1 + x²). PyTorch: `torch.asinh`.
@export(interface)
public func asinh(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let size = $0.magnitude
    // x² would leave the range far out, where √(1 + x²) is |x| to the last digit.
    return (libmAsinh($0), 1 / (size > 0x1p+60 ? size : (1 + size * size).squareRoot()))
  }
}

/// The sine of an angle in radians, [n] → [n]. PyTorch: `torch.sin`.
@export(interface)
public func sin(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmSin($0), libmCos($0)) }
}

/// The cosine of an angle in radians, [n] → [n]. PyTorch: `torch.cos`.
@export(interface)
public func cos(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmCos($0), -libmSin($0)) }
}
