import LossKit

private let points = [1.1, 1.37, 1.9]

/// A function of one vector, element by element.
private func unary(
  _ names: String..., domain: TriedOperation.Domain = .all,
  value: @escaping @Sendable (Double) -> Bool = { _ in true },
  gradient: @escaping @Sendable (Double) -> Bool = { _ in true },
  tame: @escaping @Sendable (Double) -> Bool = { _ in true }, isConstant: Bool = false,
  _ function: @escaping @Sendable (Vector) -> Vector
) -> TriedOperation {
  var operation = TriedOperation(
    inputs: [points], domains: [domain], value: { $0[0].allSatisfy(value) },
    gradient: { $0[0].allSatisfy(gradient) }, tame: { $0[0].allSatisfy(tame) },
    isConstant: isConstant
  ) { function($0[0]) }
  operation.names = names
  return operation
}

private let isBelowOverflow: @Sendable (Double) -> Bool = { $0 < 709 }
private let hasSquare: @Sendable (Double) -> Bool = { abs($0) < 0x1p+511 }
private let hasInverse: @Sendable (Double) -> Bool = { abs($0) > 0x1p-1022 }
private let hasInverseSquare: @Sendable (Double) -> Bool = { abs($0) > 0x1p-511 }

let elementwiseOperations: [TriedOperation] = [
  unary("exp(Vector)", "exp()", value: isBelowOverflow, gradient: isBelowOverflow) {
    select($0 > 1.5, exp($0), $0.exp())
  },
  unary("expm1(Vector)", value: isBelowOverflow, gradient: isBelowOverflow) { expm1($0) },
  unary("exp2(Vector)", value: { $0 < 1023 }, gradient: { $0 < 1023 }) { exp2($0) },
  unary("log(Vector)", "log()", domain: .positive, gradient: hasInverse) {
    select($0 > 1.5, log($0), $0.log())
  },
  unary("log1p(Vector)", domain: .positive) { log1p($0) },
  unary("log2(Vector)", domain: .positive, gradient: { $0 > 0x1p-1021 }) { log2($0) },
  unary("log10(Vector)", domain: .positive, gradient: hasInverse) { log10($0) },
  unary("log1mExp(Vector)", domain: .negative, gradient: hasInverse) { log1mExp($0) },
  unary("sqrt(Vector)", "sqrt()", domain: .positive) { select($0 > 1.5, sqrt($0), $0.sqrt()) },
  unary("rsqrt(Vector)", domain: .positive, gradient: { $0 > 0x1p-680 }) { rsqrt($0) },
  unary(
    "reciprocal(Vector)", value: hasInverse, gradient: hasInverseSquare
  ) { reciprocal($0) },
  unary("square(Vector)", "square()", value: hasSquare, gradient: { abs($0) < 0x1p+1022 }) {
    select($0 > 1.5, square($0), $0.square())
  },
  unary(
    "pow(Vector, Double)", "pow(Double)", domain: .positive, value: { $0 < 0x1p+400 },
    gradient: { $0 < 0x1p+600 }
  ) { select($0 > 1.5, pow($0, 2.5), $0.pow(2.5)) },
  unary("pow(Vector, Double)", value: { abs($0) < 0x1p+340 }, gradient: hasSquare) {
    pow($0, 3)
  },
  unary(
    "pow(Vector, Double)", domain: .positive, value: { $0 > 0x1p-680 },
    gradient: { $0 > 0x1p-400 }
  ) { pow($0, -1.5) },
  unary("pow(Vector, Double)") { pow($0, 1) + pow($0, 0) },
  unary("pow(Double, Vector)", value: { $0 > -6000 }, gradient: { $0 > -6000 }) {
    pow(0.9, $0)
  },
  unary("sigmoid(Vector)", "sigmoid()") { select($0 > 1.5, sigmoid($0), $0.sigmoid()) },
  unary("logSigmoid(Vector)", "logsigmoid(Vector)") {
    select($0 > 1.5, logSigmoid($0), logsigmoid($0))
  },
  unary("softplus(Vector)") { softplus($0) },
  unary(
    "logit(Vector)", domain: .positive, value: hasInverse,
    gradient: { $0 > 0x1p-1000 }, tame: { $0 < 1000 }
  ) {
    // Numbers within (0, ½), where logit is defined.
    logit(0.5 * $0 / (1 + $0))
  },
  unary("silu(Vector)") { silu($0) },
  unary("tanh(Vector)", "tanh()") { select($0 > 1.5, tanh($0), $0.tanh()) },
  unary("logCosh(Vector)") { logCosh($0) },
  unary("erf(Vector)", tame: { abs($0) < 20 || abs($0) > 1000 }) { erf($0) },
  unary("normalCDF(Vector)", "ndtr(Vector)", tame: { abs($0) < 30 || abs($0) > 1000 }) {
    select($0 > 1.5, normalCDF($0), ndtr($0))
  },
  unary(
    "logNormalCDF(Vector)", value: { $0 > -0x1p+511 }, tame: { $0 < 30 || $0 > 1000 }
  ) { logNormalCDF($0) },
  unary("atan(Vector)") { atan($0) },
  unary("asinh(Vector)") { asinh($0) },
  unary("sin(Vector)", tame: { abs($0) < 100 }) { sin($0) },
  unary("cos(Vector)", tame: { abs($0) < 100 }) { cos($0) },
  unary("abs(Vector)", "abs()") { select($0 > 1.5, abs($0), $0.abs()) },
  unary("relu(Vector)", "relu()") { select($0 > 1.5, relu($0), $0.relu()) },
  unary("clamp(Vector)", "clamp()") {
    select($0 > 1.5, clamp($0, min: -2, max: 3), $0.clamp(min: -0.5))
  },
  unary("leakyRelu(Vector)") { leakyRelu($0, slope: 0.2) },
  unary("elu(Vector)") { elu($0) },
  unary("huber(Vector)", value: { abs($0) < 0x1p+1022 }) { huber($0, delta: 1.5) },
  unary("sign(Vector)", isConstant: true) { sign($0) },
  unary("floor(Vector)", isConstant: true) { floor($0) },
  unary("ceil(Vector)", isConstant: true) { ceil($0) },
  unary("round(Vector)", isConstant: true) { round($0) },
  unary("detach(Vector)", "detach()", isConstant: true) { (detach($0) - $0.detach()) },
  unary("!(Vector)", isConstant: true) { !$0 },
  unary(
    ">(Vector, Double)", ">=(Vector, Double)", "<(Vector, Double)", "<=(Vector, Double)",
    "==(Vector, Double)", "!=(Vector, Double)", isConstant: true
  ) { ($0 > 1.37) + ($0 >= 2) + ($0 < 3) + ($0 <= 4) + ($0 == 5) + ($0 != 6) },
  unary(
    ">(Double, Vector)", ">=(Double, Vector)", "<(Double, Vector)", "<=(Double, Vector)",
    "==(Double, Vector)", "!=(Double, Vector)", isConstant: true
  ) { (1.37 > $0) + (2 >= $0) + (3 < $0) + (4 <= $0) + (5 == $0) + (6 != $0) },
  unary("-(Vector)", "+(Vector)", "float()") { -(+$0.float()) },
  unary("+(Vector, Double)", "+(Double, Vector)") { select($0 > 1.5, $0 + 3, 3 + $0) },
  unary("-(Vector, Double)", "-(Double, Vector)") { select($0 > 1.5, $0 - 3, 3 - $0) },
  unary("*(Vector, Double)", "*(Double, Vector)") { select($0 > 1.5, $0 * 0.3, 0.7 * $0) },
  unary("/(Vector, Double)") { $0 / 1.7 },
  unary("/(Double, Vector)", value: hasInverse, gradient: hasInverseSquare) { 0.7 / $0 },
  unary("+=(Vector, Double)", "-=(Vector, Double)", "*=(Vector, Double)", "/=(Vector, Double)") {
    var y = $0
    y *= 0.5
    y += 3
    y -= 1
    y /= 1.5
    return y
  },
  unary("minimum(Vector, Double)", "minimum(Double, Vector)") {
    select($0 > 1.5, minimum($0, 3), minimum(0.5, $0))
  },
  unary("maximum(Vector, Double)", "maximum(Double, Vector)") {
    select($0 > 1.5, maximum($0, 0.5), maximum(3, $0))
  },
  unary("min(Vector, Double)", "min(Double, Vector)") {
    select($0 > 1.5, min($0, 3), min(0.5, $0))
  },
  unary("max(Vector, Double)", "max(Double, Vector)") {
    select($0 > 1.5, max($0, 0.5), max(3, $0))
  },
  unary("select(Vector, Vector, Double)", "select(Vector, Double, Vector)") {
    select($0 > 1.5, select($0 > 1.6, $0, 2), select($0 < 1.2, 7, $0))
  },
  unary("select(Vector, Double, Double)", isConstant: true) { select($0 > 1.5, 2, -2) },
]

/// Functions of plain numbers: the vector's counterpart has the same values.
struct ScalarOperation: Sendable {
  var name: String
  var scalar: @Sendable (Double) -> Double
  var vector: @Sendable (Vector) -> Vector
}

let scalarOperations: [ScalarOperation] = [
  ScalarOperation(name: "exp(Double)", scalar: { exp($0) }, vector: { exp($0) }),
  ScalarOperation(name: "expm1(Double)", scalar: { expm1($0) }, vector: { expm1($0) }),
  ScalarOperation(name: "exp2(Double)", scalar: { exp2($0) }, vector: { exp2($0) }),
  ScalarOperation(name: "log(Double)", scalar: { log($0) }, vector: { log($0) }),
  ScalarOperation(name: "log1p(Double)", scalar: { log1p($0) }, vector: { log1p($0) }),
  ScalarOperation(name: "log2(Double)", scalar: { log2($0) }, vector: { log2($0) }),
  ScalarOperation(name: "sqrt(Double)", scalar: { sqrt($0) }, vector: { sqrt($0) }),
  ScalarOperation(name: "square(Double)", scalar: { square($0) }, vector: { square($0) }),
  ScalarOperation(
    name: "pow(Double, Double)", scalar: { pow($0, 1.5) }, vector: { pow($0, 1.5) }),
  ScalarOperation(name: "tanh(Double)", scalar: { tanh($0) }, vector: { tanh($0) }),
  ScalarOperation(name: "sigmoid(Double)", scalar: { sigmoid($0) }, vector: { sigmoid($0) }),
  ScalarOperation(name: "softplus(Double)", scalar: { softplus($0) }, vector: { softplus($0) }),
  ScalarOperation(
    name: "logSigmoid(Double)", scalar: { logSigmoid($0) }, vector: { logSigmoid($0) }),
]
