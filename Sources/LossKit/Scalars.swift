// The same names on plain numbers, for arithmetic on tunables. No gradient goes through these.
// `abs`, `min` and `max` of numbers are Swift's own.

@export(interface)
public func exp(_ x: Double) -> Double { libmExp(x) }
@export(interface)
public func expm1(_ x: Double) -> Double { libmExpm1(x) }
@export(interface)
public func log(_ x: Double) -> Double { libmLog(x) }
@export(interface)
public func log1p(_ x: Double) -> Double { libmLog1p(x) }
@export(interface)
public func exp2(_ x: Double) -> Double { libmExp2(x) }
@export(interface)
public func log2(_ x: Double) -> Double { libmLog2(x) }
@export(interface)
public func sqrt(_ x: Double) -> Double { x.squareRoot() }
@export(interface)
public func square(_ x: Double) -> Double { x * x }
@export(interface)
public func pow(_ x: Double, _ exponent: Double) -> Double { libmPow(x, exponent) }
@export(interface)
public func tanh(_ x: Double) -> Double { libmTanh(x) }

@export(interface)
public func sigmoid(_ x: Double) -> Double {
  let e = libmExp(-x.magnitude)
  return x >= 0 ? 1 / (1 + e) : e / (1 + e)
}

@export(interface)
public func softplus(_ x: Double) -> Double {
  (x < 0 ? 0 : x) + libmLog1p(libmExp(-x.magnitude))
}

@export(interface)
public func logSigmoid(_ x: Double) -> Double { -softplus(-x) }
