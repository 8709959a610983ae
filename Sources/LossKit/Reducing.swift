// How one number is made of a row. With a mask a function sees the elements that are present, and
// those alone, as if the others did not exist; a row without any gives 0 with gradient 0.

/// A vector laid out so that what is reduced lies in rows.
struct Rows {
  var x: Vector
  var mask: Vector?
  var count: Int
  var length: Int
  /// Columns of the result: 0 for a vector.
  var resultColumns: Int32
}

/// Lays `x` out for a reduction; nil, with the status noted, when dimension or mask do not fit.
func rows(
  of x: Vector, dim: Int?, keepdim: Bool = false, mask: Vector?, line: UInt32
) -> Rows? {
  guard x.isUsable(line: line), let axis = Axis(dim, of: x, line: line) else { return nil }
  var mask = mask
  if let given = mask {
    mask = broadcast(given, like: x, line: line)
    guard tape.status == 0 else { return nil }
  }
  switch axis {
  case .all:
    return Rows(x: x, mask: mask, count: 1, length: x.count, resultColumns: 0)
  case .rows:
    let length = Int(x.columns)
    return Rows(
      x: x, mask: mask, count: x.count / length, length: length, resultColumns: keepdim ? 1 : 0)
  case .columns:
    let count = Int(x.columns)
    let turned = transpose(x, line: line)
    if let given = mask { mask = transpose(given, line: line) }
    guard tape.status == 0 else { return nil }
    return Rows(
      x: turned, mask: mask, count: count, length: x.count / count,
      resultColumns: keepdim ? x.columns : 0)
  }
}

/// Records one element made from each row.
///
/// - Parameters:
///   - alwaysSlopes: whether `f` needs the room for slopes for its own work.
///   - f: gets the present elements of a row, their count, at least 1, and room for dy/dx (nil
///     when nobody wants a gradient), which it must fill, and gives the value.
@inline(__always)
func reduce(
  _ rows: Rows?, alwaysSlopes: Bool = false, line: UInt32,
  _ f: (UnsafePointer<Double>, Int, UnsafeMutablePointer<Double>?) -> Double
) -> Vector {
  guard let rows, rows.x.isUsable(line: line) else { return .failed }
  let n = rows.length
  let needsGradient = tape.node(rows.x.node).needsGradient
  let wantsSlopes = needsGradient || alwaysSlopes
  guard
    let y = tape.append(
      .reduction, count: rows.count, columns: rows.resultColumns, a: rows.x.node,
      needsGradient: needsGradient, slopes: wantsSlopes ? rows.count * n : 0, line: line),
    let work = tape.workspace(rows.mask == nil ? 0 : 2 * n, line: line)
  else { return .failed }
  let values = tape.pointer(y)
  for row in 0..<rows.count {
    let x = UnsafePointer(tape.pointer(rows.x.node) + row * n)
    let slopes = wantsSlopes ? tape.slopePointer(y) + row * n : nil
    guard let mask = rows.mask else {
      values[row] = f(x, n, slopes)
      continue
    }
    let present = UnsafePointer(tape.pointer(mask.node) + row * n)
    let m = compress(x, present, n, into: work)
    let compressed = slopes == nil ? nil : work + n
    values[row] = m == 0 ? 0 : f(work, m, compressed)
    if let slopes { spread(work + n, present, n, into: slopes) }
  }
  return Vector(node: y)
}

/// Copies the elements that are present, one after the other.
///
/// - Returns: how many there are.
func compress(
  _ x: UnsafePointer<Double>, _ mask: UnsafePointer<Double>, _ n: Int,
  into out: UnsafeMutablePointer<Double>
) -> Int {
  var m = 0
  for i in 0..<n where mask[i] != 0 {
    out[m] = x[i]
    m += 1
  }
  return m
}

/// The reverse of ``compress(_:_:_:into:)``, with 0 for the absent.
func spread(
  _ x: UnsafePointer<Double>, _ mask: UnsafePointer<Double>, _ n: Int,
  into out: UnsafeMutablePointer<Double>
) {
  var m = 0
  for i in 0..<n {
    out[i] = mask[i] != 0 ? x[m] : 0
    if mask[i] != 0 { m += 1 }
  }
}

/// Records a result in the shape of x, made row by row; `f` gets the rows and gives a matrix or
/// vector of their shape.
func alongRows(
  _ x: Vector, dim: Int, mask: Vector?, line: UInt32, _ f: (Rows) -> Vector
) -> Vector {
  guard let rows = rows(of: x, dim: dim, mask: mask, line: line) else { return .failed }
  let y = f(rows)
  return rows.x.node == x.node ? y : transpose(y, line: line)
}
