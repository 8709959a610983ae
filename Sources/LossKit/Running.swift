// Running totals, along a vector or each row of a matrix (`dim: 0`: each column).

/// y[i] = x[0] + … + x[i], [n] → [n], [m, n] → [m, n]. PyTorch: `torch.cumsum`.
@export(interface)
public func cumulativeSum(_ x: Vector, dim: Int = -1, line: UInt32 = #line) -> Vector {
  alongRows(x, dim: dim, mask: nil, line: line) { rows in
    let n = rows.length
    guard
      let y = tape.append(
        .cumulativeSum, count: rows.x.count, columns: rows.x.columns, a: rows.x.node,
        needsGradient: tape.node(rows.x.node).needsGradient, line: line)
    else { return .failed }
    let source = tape.pointer(rows.x.node)
    let values = tape.pointer(y)
    for start in stride(from: 0, to: rows.x.count, by: n) {
      var sum = 0.0
      for i in start..<start + n {
        sum += source[i]
        values[i] = sum
      }
    }
    return Vector(node: y)
  }
}

/// y[i] = ln(exp x[0] + … + exp x[i]), [n] → [n], [m, n] → [m, n]. PyTorch: `torch.logcumsumexp`.
///
/// Each value comes from the one before, max(y, x) + log1p(exp(−|y − x|)), so nothing overflows.
/// Elements that a mask leaves out are passed over: 0 there, without gradient.
///
/// With s sorted from best to worst, `flip(logCumulativeSumExp(flip(s)))` is the logarithm of the
/// Plackett-Luce normaliser at each place.
@export(interface)
public func logCumulativeSumExp(
  _ x: Vector, dim: Int = -1, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  alongRows(x, dim: dim, mask: mask, line: line) { rows in
    let size = rows.x.count
    guard
      let y = tape.append(
        .logCumulativeSumExp, count: size, columns: rows.x.columns, a: rows.x.node,
        needsGradient: tape.node(rows.x.node).needsGradient, slopes: 2 * size,
        factor: Double(rows.length), line: line)
    else { return .failed }
    let source = tape.pointer(rows.x.node)
    let values = tape.pointer(y)
    // For each element exp(x − y), −1 where absent, and exp(y of the element before − y).
    let (own, carried) = (tape.slopePointer(y), tape.slopePointer(y) + size)
    for start in stride(from: 0, to: size, by: rows.length) {
      var running = -Double.infinity
      for i in start..<start + rows.length {
        if let mask = rows.mask, tape.pointer(mask.node)[i] == 0 {
          (values[i], own[i], carried[i]) = (0, -1, 1)
          continue
        }
        let x = source[i]
        let larger = x > running || x.isNaN ? x : running
        let e = x == running ? 1 : libmExp(-(x - running).magnitude)
        values[i] = larger.isFinite ? larger + libmLog1p(e) : larger
        // y is max + log1p(e), so both are 1/(1 + e) or e/(1 + e).
        let share = 1 / (1 + e)
        (own[i], carried[i]) = x > running ? (share, e * share) : (e * share, share)
        running = values[i]
      }
    }
    return Vector(node: y)
  }
}
