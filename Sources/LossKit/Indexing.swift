// Elements chosen by index. Indices are whole numbers held in vectors, such as labels or the
// result of `argsort`, and have no gradient.

/// A double as an index below `limit`; nil when it is none.
@inline(__always)
func index(_ x: Double, below limit: Int) -> Int? {
  x >= 0 && x < Double(limit) && x == x.rounded(.towardZero) ? Int(x) : nil
}

/// Elements chosen from each row: with one index a row, [m, n], [m] → [m] (the label's logit);
/// with k of them, [m, n], [m, k] → [m, k]; from a vector [n], [k] → [k].
///
/// An index that is not a whole number within the row is LOSS_STATUS_ARGUMENT.
/// PyTorch: `torch.gather(x, 1, index)`, for one index a row with `unsqueeze` and `squeeze`.
@export(interface)
public func gather(_ x: Vector, _ index: Vector, line: UInt32 = #line) -> Vector {
  guard x.isUsable(line: line), index.isUsable(line: line) else { return .failed }
  let n = x.columns == 0 ? x.count : Int(x.columns)
  let rows = x.count / n
  let perRow = index.count / rows
  let fits =
    x.columns == 0
    ? index.columns == 0
    : index.count == perRow * rows && (index.columns == 0 ? perRow == 1 : true)
      && (index.columns == 0 || Int(index.columns) == perRow)
  guard fits else {
    tape.fail(.shape, line: line)
    return .failed
  }
  for i in 0..<index.count {
    guard LossKit.index(tape.pointer(index.node)[i], below: n) != nil else {
      tape.fail(.argument, line: line)
      return .failed
    }
  }
  return gather(x, count: index.count, columns: index.columns, line: line) {
    $0 / perRow * n + Int(tape.pointer(index.node)[$0])
  }
}

/// 1 at the index and 0 elsewhere, [m] → [m, classes], without gradient. An index that is not a
/// whole number from 0 to classes − 1 is LOSS_STATUS_ARGUMENT. PyTorch: `F.one_hot`.
@export(interface)
public func oneHot(_ index: Vector, _ classes: Int, line: UInt32 = #line) -> Matrix {
  guard index.isUsable(line: line) else { return .failed }
  let y = full(index.count, classes, 0, line: line)
  guard tape.status == 0 else { return .failed }
  for i in 0..<index.count {
    guard let place = LossKit.index(tape.pointer(index.node)[i], below: classes) else {
      tape.fail(.argument, line: line)
      return .failed
    }
    tape.pointer(y.node)[i * classes + place] = 1
  }
  return y
}
