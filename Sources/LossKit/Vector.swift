// Every public function of this module is `@export(interface)`: Embedded Swift would otherwise
// compile its body again into every candidate, which makes a build two to three times as long.

/// A vector [n] or a matrix [rows, columns] of doubles that knows how it was computed, so that it
/// has a gradient.
///
/// PyTorch's counterpart is a `float64` tensor of one or two dimensions. Shapes combine as
/// PyTorch's do: a vector of one element, such as a mean, goes with anything, as 0-d tensors do; a
/// vector [n] goes with each row of a matrix [m, n]; a matrix [m, 1] with each column. Other shapes
/// must agree. Where they do not, the loss ends with LOSS_STATUS_SHAPE and the line.
///
/// A vector lives as long as the call in which it was made.
public struct Vector: Sendable {
  /// The entry of the tape.
  let node: Int32
  /// The call to which the vector belongs.
  let epoch: UInt32

  @inline(__always)
  init(node: Int32) {
    self.node = node
    self.epoch = tape.epoch
  }

  /// What every operation gives once an error is noted: a zero without gradient.
  static var failed: Vector { Vector(node: 0) }

  /// Whether the vector can be used now; notes the error when it cannot.
  @inline(__always)
  func isUsable(line: UInt32) -> Bool {
    if epoch == tape.epoch { return tape.status == 0 }
    tape.fail(.argument, line: line)
    return false
  }

  /// The line on which the vector was made; 0 when unknown. Operators have no line of their own
  /// and take that of their operands.
  @inline(__always)
  var line: UInt32 { epoch == tape.epoch ? tape.node(node).line : 0 }

  /// The length of a row; 0 for a vector.
  @inline(__always)
  var columns: Int32 { epoch == tape.epoch ? tape.node(node).columns : 0 }

  /// The number of elements, [n] → n, [m, n] → m·n. PyTorch: `x.numel()`.
  @export(interface)
  public var count: Int { epoch == tape.epoch ? tape.node(node).count : 1 }

  /// The extent of a dimension: the elements of a vector [n] for 0 and −1; of a matrix [m, n] the
  /// rows for 0 and −2, the columns for 1 and −1.
  ///
  /// Any other dimension is LOSS_STATUS_ARGUMENT, and the extent 1. PyTorch: `x.size(dim)`.
  @export(interface)
  public func size(_ dim: Int, line: UInt32 = #line) -> Int {
    guard isUsable(line: line), let axis = Axis(dim, of: self, line: line) else { return 1 }
    let length = axis == .columns ? count / Int(columns) : Int(columns)
    return axis == .all ? count : length
  }

  /// The value of a vector of one element as a plain number, [1] → a `Double`, [n] being
  /// LOSS_STATUS_SHAPE, without gradient.
  ///
  /// The value is then 0. PyTorch: `x.item()`.
  @export(interface)
  public func item(line: UInt32 = #line) -> Double {
    guard isUsable(line: line) else { return 0 }
    guard count == 1 else {
      tape.fail(.shape, line: line)
      return 0
    }
    return tape.pointer(node)[0]
  }
}

/// A vector with two dimensions, [rows, columns]: the same type, so that every function takes it.
///
/// Functions that reduce take all elements unless `dim` says otherwise; functions that keep the
/// shape and look at neighbours (`softmax`, `sort`, `cumulativeSum` …) work along each row.
public typealias Matrix = Vector
