import LossKit

private let left = [1.1, 1.37, 1.9]
private let right = [1.7, 0.6, 1.2]

/// A function of two vectors, element by element.
private func binary(
  _ names: String..., domains: [TriedOperation.Domain] = [.all, .all],
  value: @escaping @Sendable (Double, Double) -> Bool = { _, _ in true },
  gradient: @escaping @Sendable (Double, Double) -> Bool = { _, _ in true },
  tame: @escaping @Sendable (Double, Double) -> Bool = { _, _ in true },
  isConstant: Bool = false, _ function: @escaping @Sendable (Vector, Vector) -> Vector
) -> TriedOperation {
  @Sendable func all(
    _ inputs: [[Double]], _ condition: (Double, Double) -> Bool
  ) -> Bool { zip(inputs[0], inputs[1]).allSatisfy { condition($0, $1) } }
  var operation = TriedOperation(
    inputs: [left, right], domains: domains, value: { all($0, value) },
    gradient: { all($0, gradient) }, tame: { all($0, tame) }, isConstant: isConstant
  ) { function($0[0], $0[1]) }
  operation.names = names
  return operation
}

private let sumIsFinite: @Sendable (Double, Double) -> Bool = { ($0 + $1).isFinite }

let binaryOperations: [TriedOperation] = [
  binary("+(Vector, Vector)", value: sumIsFinite) { $0 + $1 },
  binary("-(Vector, Vector)", value: { ($0 - $1).isFinite }) { $0 - $1 },
  binary("*(Vector, Vector)", value: { ($0 * $1).isFinite }) { $0 * $1 },
  binary(
    "/(Vector, Vector)", value: { ($0 / $1).isFinite },
    gradient: { (1 / $1).isFinite && ($0 / $1 / $1).isFinite }
  ) { $0 / $1 },
  binary(
    "+=(Vector, Vector)", "-=(Vector, Vector)", "*=(Vector, Vector)", "/=(Vector, Vector)",
    value: { abs($0) < 0x1p+300 && abs($1) < 0x1p+300 && abs($1) > 0x1p-300 },
    gradient: { abs($0) < 0x1p+300 && abs($1) < 0x1p+300 && abs($1) > 0x1p-300 },
    tame: { abs($0) < 0x1p+300 && abs($1) < 0x1p+300 && abs($1) > 0x1p-300 }
  ) {
    var y = $0
    y *= $1
    y += $0
    y -= $1 * 0.5
    y /= $1
    return y
  },
  binary(
    "pow(Vector, Vector)", domains: [.positive, .all],
    value: { pow($0, $1).isFinite },
    gradient: {
      let power = pow($0, $1)
      return power.isFinite && (power * log($0)).isFinite && ($1 / $0 * power).isFinite
    },
    tame: { abs($1) < 200 && abs($1 * log($0)) < 200 }
  ) { pow($0, $1) },
  binary("logAddExp(Vector, Vector)", "logaddexp(Vector, Vector)") {
    select($0 > 1.5, logAddExp($0, $1), logaddexp($0, $1))
  },
  binary(
    "xlogy(Vector, Vector)", domains: [.all, .positive], value: { ($0 * log($1)).isFinite },
    gradient: { ($0 / $1).isFinite }
  ) { xlogy($0, $1) },
  binary("minimum(Vector, Vector)", "min(Vector, Vector)") {
    select($0 > 1.5, minimum($0, $1), min($0, $1))
  },
  binary("maximum(Vector, Vector)", "max(Vector, Vector)") {
    select($0 > 1.5, maximum($0, $1), max($0, $1))
  },
  binary("select(Vector, Vector, Vector)") { select($0 > 1.5, $0, $1) },
  binary(
    ">(Vector, Vector)", ">=(Vector, Vector)", "<(Vector, Vector)", "<=(Vector, Vector)",
    "==(Vector, Vector)", "!=(Vector, Vector)", "&(Vector, Vector)", "|(Vector, Vector)",
    isConstant: true
  ) {
    (($0 > $1) | ($0 >= $1)) + (($0 < $1) & ($0 <= $1)) + ($0 == $1) + ($0 != $1)
  },
]
