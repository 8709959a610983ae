// The logistic family. With e = exp(−|x|) ≤ 1 nothing overflows, and both tails keep all their
// digits; value and slope come from the same e:
//
//   sigmoid(x)    = 1/(1+e) for x ≥ 0, else e/(1+e)        slope e/(1+e)²
//   softplus(x)   = max(x, 0) + log1p(e)                   slope sigmoid(x)
//   logSigmoid(x) = min(x, 0) − log1p(e)                   slope sigmoid(−x)

/// 1/(1 + e⁻ˣ), in [0, 1]. PyTorch: `torch.sigmoid`.
///
/// For x > 36 the value is 1 to the last digit: write 1 − sigmoid(x) as `sigmoid(-x)`, and its
/// logarithm as ``logSigmoid(_:line:)``.
@export(interface)
public func sigmoid(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-$0.magnitude)
    let larger = 1 / (1 + e)
    let smaller = e * larger
    return ($0 >= 0 ? larger : smaller, smaller * larger)
  }
}

/// ln sigmoid(x) = −softplus(−x), always ≤ 0. PyTorch: `F.logsigmoid`.
@export(interface)
public func logSigmoid(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-$0.magnitude)
    let larger = 1 / (1 + e)
    let negativePart = $0 > 0 ? 0 : $0
    return (negativePart - libmLog1p(e), $0 >= 0 ? e * larger : larger)
  }
}

/// ln(1 + eˣ), always ≥ 0. PyTorch: `F.softplus`.
///
/// `softplus(-x)` is DPO's loss −ln sigmoid(x).
@export(interface)
public func softplus(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-$0.magnitude)
    let larger = 1 / (1 + e)
    let positivePart = $0 < 0 ? 0 : $0
    return (positivePart + libmLog1p(e), $0 >= 0 ? larger : e * larger)
  }
}

/// The hyperbolic tangent, in [−1, 1]; slope 4e/(1+e)² with e = exp(−2|x|).
/// PyTorch: `torch.tanh`.
@export(interface)
public func tanh(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-2 * $0.magnitude)
    return (libmTanh($0), 4 * e / ((1 + e) * (1 + e)))
  }
}

/// The error function, in [−1, 1]; slope 2/√π·exp(−x²). PyTorch: `torch.erf`.
///
/// The normal distribution function is `0.5 * (1 + erf(x / 1.4142135623730951))`.
@export(interface)
public func erf(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmErf($0), 1.1283791670955126 * libmExp(-$0 * $0)) }
}

/// The arc tangent, in (−π/2, π/2). PyTorch: `torch.atan`.
@export(interface)
public func atan(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) { (libmAtan($0), 1 / (1 + $0 * $0)) }
}
