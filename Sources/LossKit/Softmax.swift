// Exponentials that are normalised by their sum. The largest element is taken out first, so that
// nothing overflows, and the sum of the others enters as log1p, so that a probability near 1 keeps
// the digits of its logarithm:
//
//   logSumExp(x) = m + log1p(Σ' exp(xᵢ − m))   m the largest element, Σ' the sum without it

/// The largest of n ≥ 1 numbers, NaN if there is one, and its place.
private func largest(_ x: UnsafePointer<Double>, _ n: Int) -> (value: Double, place: Int) {
  var place = 0
  for i in 1..<max(n, 1) where x[i] > x[place] || (x[i].isNaN && !x[place].isNaN) { place = i }
  return (x[place], place)
}

/// ln Σ eˣ; the slopes are the softmax. [n] → [1]; with `dim: 1` [m, n] → [m]. Shapes and masks as
/// for `sum`. PyTorch: `torch.logsumexp`.
@export(interface)
public func logSumExp(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  return reduce(rows, line: line) { x, n, slopes in
    let top = largest(x, n)
    guard top.value.isFinite else {
      slopes?.update(repeating: 0, count: n)
      return top.value
    }
    var others = 0.0
    for i in 0..<n where i != top.place {
      let e = libmExp(x[i] - top.value)
      slopes?[i] = e
      others += e
    }
    if let slopes {
      slopes[top.place] = 1
      for i in 0..<n { slopes[i] /= 1 + others }
    }
    return top.value + libmLog1p(others)
  }
}

/// Records a softmax or its logarithm along rows.
@inline(__always)
private func normalised(
  _ operation: Operation, _ rows: Rows, line: UInt32,
  _ f: (UnsafePointer<Double>, Int, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) ->
    Void
) -> Vector {
  let (n, size) = (rows.length, rows.x.count)
  let needsGradient = tape.node(rows.x.node).needsGradient
  guard
    let y = tape.append(
      operation, count: size, columns: rows.x.columns, a: rows.x.node,
      needsGradient: needsGradient, slopes: operation == .softmax ? 0 : size, factor: Double(n),
      line: line),
    let work = tape.workspace(3 * n, line: line)
  else { return .failed }
  for start in stride(from: 0, to: size, by: n) {
    let x = UnsafePointer(tape.pointer(rows.x.node) + start)
    let values = tape.pointer(y) + start
    let shares = operation == .softmax ? work + n : tape.slopePointer(y) + start
    guard let mask = rows.mask else {
      f(x, n, values, shares)
      continue
    }
    let present = UnsafePointer(tape.pointer(mask.node) + start)
    let m = compress(x, present, n, into: work)
    if m > 0 { f(work, m, work + 2 * n, work + n) }
    spread(work + 2 * n, present, n, into: values)
    if operation == .softmax { continue }
    spread(work + n, present, n, into: shares)
    for i in 0..<n where present[i] == 0 { shares[i] = -1 }
  }
  return Vector(node: y)
}

/// eˣ/Σeˣ, [n] → [n], along each row of [m, n] → [m, n]; `dim: 0` along each column. Elements that
/// a mask leaves out have 0. PyTorch: `torch.softmax`.
@export(interface)
public func softmax(
  _ x: Vector, dim: Int = -1, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    normalised(.softmax, rows, line: line) { x, n, values, _ in
      let top = largest(x, n)
      var sum = 0.0
      for i in 0..<n {
        values[i] = i == top.place ? 1 : libmExp(x[i] - top.value)
        sum += values[i]
      }
      for i in 0..<n { values[i] /= sum }
    }
  }
}

/// x − logSumExp(x), [n] → [n], along each row of [m, n] → [m, n]; `dim: 0` along each column.
/// Elements that a mask leaves out have 0, not −∞, so that their product with 0 is 0.
/// PyTorch: `torch.log_softmax`.
@export(interface)
public func logSoftmax(
  _ x: Vector, dim: Int = -1, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    normalised(.logSoftmax, rows, line: line) { x, n, values, shares in
      let top = largest(x, n)
      var others = 0.0
      for i in 0..<n {
        shares[i] = i == top.place ? 1 : libmExp(x[i] - top.value)
        if i != top.place { others += shares[i] }
      }
      let logarithm = libmLog1p(others)
      for i in 0..<n {
        values[i] = x[i] - top.value - logarithm
        shares[i] /= 1 + others
      }
    }
  }
}

/// −ln softmax(logits) at the label, [B, C], [B] → [B]. PyTorch:
/// `F.cross_entropy(logits, labels, reduction="none", label_smoothing=…)`.
///
/// Value and slope at the label come from the sum of the other classes, so that both keep their
/// digits where the label is nearly certain. Labels are whole numbers from 0 to C − 1, else
/// LOSS_STATUS_ARGUMENT. With smoothing ε the target is 1 − ε + ε/C for the label and ε/C for the
/// others, 0 ≤ ε ≤ 1.
@export(interface)
public func crossEntropy(
  _ logits: Matrix, _ labels: Vector, labelSmoothing: Double = 0, line: UInt32 = #line
) -> Vector {
  guard labels.isUsable(line: line), let rows = rows(of: logits, dim: 1, mask: nil, line: line)
  else { return .failed }
  guard labelSmoothing >= 0, labelSmoothing <= 1 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  guard labels.count == rows.count else {
    tape.fail(.shape, line: line)
    return .failed
  }
  for row in 0..<rows.count {
    guard index(tape.pointer(labels.node)[row], below: rows.length) != nil else {
      tape.fail(.argument, line: line)
      return .failed
    }
  }
  var row = 0
  let hard = reduce(rows, line: line) { x, n, slopes in
    let label = index(tape.pointer(labels.node)[row], below: n) ?? 0
    row += 1
    let top = largest(x, n)
    var (others, total) = (0.0, 0.0)
    for i in 0..<n {
      let e = i == top.place ? 1 : libmExp(x[i] - top.value)
      slopes?[i] = e
      if i != top.place { others += e }
      if i != label { total += e }
    }
    if let slopes {
      slopes[label] = -total
      for i in 0..<n { slopes[i] /= 1 + others }
    }
    return top.value - x[label] + libmLog1p(others)
  }
  if labelSmoothing == 0 { return hard }
  let uniform =
    logSumExp(logits, dim: 1, line: line) - mean(logits, dim: 1, line: line)
  return hard * (1 - labelSmoothing) + uniform * labelSmoothing
}
