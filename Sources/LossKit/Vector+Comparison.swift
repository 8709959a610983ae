// Comparisons give 1 where they hold and 0 elsewhere, as PyTorch's `(a > b).float()`: a vector
// without gradient, fit to multiply with, to average, or to choose with ``select(_:_:_:line:)``.
// A comparison with NaN does not hold, but for `!=`.

@inline(__always)
private func compare(_ a: Vector, _ b: Vector, _ f: (Double, Double) -> Bool) -> Vector {
  binary(.leaf, a, b, line: Swift.max(a.line, b.line)) { f($0, $1) ? 1 : 0 }
}

@inline(__always)
private func compare(_ a: Vector, _ f: (Double) -> Bool) -> Vector {
  simple(.leaf, a, line: a.line) { f($0) ? 1 : 0 }
}

extension Vector {
  @export(interface)
  public static func > (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 > $1 } }
  @export(interface)
  public static func >= (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 >= $1 } }
  @export(interface)
  public static func < (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 < $1 } }
  @export(interface)
  public static func <= (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 <= $1 } }
  @export(interface)
  public static func == (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 == $1 } }
  @export(interface)
  public static func != (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 != $1 } }

  @export(interface)
  public static func > (a: Vector, b: Double) -> Vector { compare(a) { $0 > b } }
  @export(interface)
  public static func >= (a: Vector, b: Double) -> Vector { compare(a) { $0 >= b } }
  @export(interface)
  public static func < (a: Vector, b: Double) -> Vector { compare(a) { $0 < b } }
  @export(interface)
  public static func <= (a: Vector, b: Double) -> Vector { compare(a) { $0 <= b } }
  @export(interface)
  public static func == (a: Vector, b: Double) -> Vector { compare(a) { $0 == b } }
  @export(interface)
  public static func != (a: Vector, b: Double) -> Vector { compare(a) { $0 != b } }

  @export(interface)
  public static func > (a: Double, b: Vector) -> Vector { compare(b) { a > $0 } }
  @export(interface)
  public static func >= (a: Double, b: Vector) -> Vector { compare(b) { a >= $0 } }
  @export(interface)
  public static func < (a: Double, b: Vector) -> Vector { compare(b) { a < $0 } }
  @export(interface)
  public static func <= (a: Double, b: Vector) -> Vector { compare(b) { a <= $0 } }
  @export(interface)
  public static func == (a: Double, b: Vector) -> Vector { compare(b) { a == $0 } }
  @export(interface)
  public static func != (a: Double, b: Vector) -> Vector { compare(b) { a != $0 } }
}

// Logic on such vectors: an element is true when it is not 0.
extension Vector {
  @export(interface)
  public static func & (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 != 0 && $1 != 0 } }
  @export(interface)
  public static func | (a: Vector, b: Vector) -> Vector { compare(a, b) { $0 != 0 || $1 != 0 } }
  @export(interface)
  public static prefix func ! (a: Vector) -> Vector { compare(a) { $0 == 0 } }
}
