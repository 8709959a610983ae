// Arithmetic. Both operands have the same length, or one of them has one element; a plain number
// goes with any vector. The operators are those of PyTorch's tensors, with its gradients:
// d(a·b) = b·da + a·db, d(a/b) = da/b − (a/b)/b·db. A number on either side is a constant.

extension Vector {
  @export(interface)
  public static func + (a: Vector, b: Vector) -> Vector {
    binary(.add, a, b, line: Swift.max(a.line, b.line)) { $0 + $1 }
  }

  @export(interface)
  public static func - (a: Vector, b: Vector) -> Vector {
    binary(.subtract, a, b, line: Swift.max(a.line, b.line)) { $0 - $1 }
  }

  @export(interface)
  public static func * (a: Vector, b: Vector) -> Vector {
    binary(.multiply, a, b, line: Swift.max(a.line, b.line)) { $0 * $1 }
  }

  /// Division; by 0 gives an infinity or NaN, as in PyTorch.
  @export(interface)
  public static func / (a: Vector, b: Vector) -> Vector {
    binary(.divide, a, b, line: Swift.max(a.line, b.line)) { $0 / $1 }
  }

  @export(interface)
  public static prefix func - (a: Vector) -> Vector {
    simple(.affine, a, factor: -1, line: a.line) { -$0 }
  }

  @export(interface)
  public static prefix func + (a: Vector) -> Vector { a }
}

// A vector and a number.
extension Vector {
  @export(interface)
  public static func + (a: Vector, b: Double) -> Vector {
    simple(.affine, a, factor: 1, line: a.line) { $0 + b }
  }

  @export(interface)
  public static func + (a: Double, b: Vector) -> Vector { b + a }

  @export(interface)
  public static func - (a: Vector, b: Double) -> Vector {
    simple(.affine, a, factor: 1, line: a.line) { $0 - b }
  }

  @export(interface)
  public static func - (a: Double, b: Vector) -> Vector {
    simple(.affine, b, factor: -1, line: b.line) { a - $0 }
  }

  @export(interface)
  public static func * (a: Vector, b: Double) -> Vector {
    simple(.affine, a, factor: b, line: a.line) { $0 * b }
  }

  @export(interface)
  public static func * (a: Double, b: Vector) -> Vector { b * a }

  @export(interface)
  public static func / (a: Vector, b: Double) -> Vector {
    simple(.divideByScalar, a, factor: b, line: a.line) { $0 / b }
  }

  /// Division; by 0 gives an infinity or NaN, as in PyTorch.
  @export(interface)
  public static func / (a: Double, b: Vector) -> Vector {
    elementwise(b, line: b.line) {
      let quotient = a / $0
      return (quotient, a == 0 ? 0 : -quotient / $0)
    }
  }
}

// In place: `total += x` is `total = total + x`.
extension Vector {
  @export(interface)
  public static func += (a: inout Vector, b: Vector) { a = a + b }
  @export(interface)
  public static func -= (a: inout Vector, b: Vector) { a = a - b }
  @export(interface)
  public static func *= (a: inout Vector, b: Vector) { a = a * b }
  @export(interface)
  public static func /= (a: inout Vector, b: Vector) { a = a / b }
  @export(interface)
  public static func += (a: inout Vector, b: Double) { a = a + b }
  @export(interface)
  public static func -= (a: inout Vector, b: Double) { a = a - b }
  @export(interface)
  public static func *= (a: inout Vector, b: Double) { a = a * b }
  @export(interface)
  public static func /= (a: inout Vector, b: Double) { a = a / b }
}
