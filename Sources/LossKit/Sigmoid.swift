// The logistic family, element by element: [n] → [n], [m, n] → [m, n]. With e = exp(−|x|) ≤ 1
// nothing overflows, and both tails keep all their digits; value and slope come from the same e:
//
//   sigmoid(x)    = 1/(1+e) for x ≥ 0, else e/(1+e)        slope e/(1+e)²
//   softplus(x)   = max(x, 0) + log1p(e)                   slope sigmoid(x)
//   logSigmoid(x) = min(x, 0) − log1p(e)                   slope sigmoid(−x)

/// 1/(1 + e⁻ˣ), in [0, 1], [n] → [n]. PyTorch: `torch.sigmoid`.
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

/// ln sigmoid(x) = −softplus(−x), always ≤ 0, [n] → [n]. PyTorch: `F.logsigmoid`.
@export(interface)
public func logSigmoid(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-$0.magnitude)
    let larger = 1 / (1 + e)
    let negativePart = $0 > 0 ? 0 : $0
    return (negativePart - libmLog1p(e), $0 >= 0 ? e * larger : larger)
  }
}

/// ln(1 + eˣ), always ≥ 0, [n] → [n]. PyTorch: `F.softplus`.
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

/// ln(p/(1 − p)) of a probability, [n] → [n], the inverse of sigmoid: ln p − log1p(−p); slope
/// 1/(p·(1 − p)). −∞ at 0, ∞ at 1, NaN beyond. PyTorch: `torch.logit`.
@export(interface)
public func logit(_ p: Vector, line: UInt32 = #line) -> Vector {
  elementwise(p, line: line) {
    (libmLog($0) - libmLog1p(-$0), 1 / ($0 * (1 - $0)))
  }
}

/// x·sigmoid(x), [n] → [n]; slope sigmoid(x)·(1 + x·sigmoid(−x)). PyTorch: `F.silu`.
@export(interface)
public func silu(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-$0.magnitude)
    let larger = 1 / (1 + e)
    let smaller = e * larger
    let (own, other) = $0 >= 0 ? (larger, smaller) : (smaller, larger)
    return ($0 * own, own * (1 + $0 * other))
  }
}

/// The hyperbolic tangent, in [−1, 1], [n] → [n]; slope 4e/(1+e)² with e = exp(−2|x|).
/// PyTorch: `torch.tanh`.
@export(interface)
public func tanh(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let e = libmExp(-2 * $0.magnitude)
    return (libmTanh($0), 4 * e / ((1 + e) * (1 + e)))
  }
}

/// ln cosh(x), [n] → [n]: x²/2 near 0, |x| − ln 2 far out; slope tanh(x).
/// PyTorch has no function of this.
///
/// Stable form: log1p(t²/(2(1 + t))) with t = expm1(|x|) up to 1, else |x| + log1p(e⁻²ˡˣˡ) − ln 2.
@export(interface)
public func logCosh(_ x: Vector, line: UInt32 = #line) -> Vector {
  elementwise(x, line: line) {
    let size = $0.magnitude
    if size <= 1 {
      let t = libmExpm1(size)
      return (libmLog1p(t * t / (2 * (1 + t))), libmTanh($0))
    }
    return (size + (libmLog1p(libmExp(-2 * size)) - ln2), libmTanh($0))
  }
}
