/// Scales the columns and rows of each block of K rows, in turn, to sums of 1, [B·K, K] → [B·K, K]:
/// a matrix of weights becomes a doubly stochastic one (Sinkhorn and Knopp 1967).
///
/// - Parameters:
///   - x: weights ≥ 0. Rows and columns of zeros stay zero.
///   - iterations: at most so many times columns and rows, 1 to 1000, else LOSS_STATUS_ARGUMENT.
///   - tolerance: a block is done when its column sums are this close to 1 after a step.
///
/// A matrix whose rows are no multiple of K is LOSS_STATUS_SHAPE. The gradient is that of the steps
/// that were done. Steps are kept as factors of rows and columns, x[i, j]·rᵢ·cⱼ, which needs
/// memory for 2·K numbers a step and block. PyTorch has no function of this.
@export(interface)
public func sinkhorn(
  _ x: Matrix, iterations: Int = 50, tolerance: Double = 1e-6, line: UInt32 = #line
) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  let k = Int(x.columns)
  guard k > 0, x.count % (k * k) == 0 else {
    tape.fail(.shape, line: line)
    return .failed
  }
  guard 1...1000 ~= iterations else {
    tape.fail(.argument, line: line)
    return .failed
  }
  let blocks = x.count / (k * k)
  let layout = SinkhornLayout(k: k, iterations: iterations)
  guard
    let y = tape.append(
      .sinkhorn, count: x.count, columns: x.columns, a: x.node,
      needsGradient: tape.node(x.node).needsGradient, slopes: blocks * layout.size + 2 * k,
      factor: Double(iterations), line: line)
  else { return .failed }
  for block in 0..<blocks {
    let p = UnsafePointer(tape.pointer(x.node) + block * k * k)
    let values = tape.pointer(y) + block * k * k
    let store = tape.slopePointer(y) + block * layout.size
    store[1] = unit(p, k * k)
    let steps = scale(p, layout, tolerance, store)
    store[0] = Double(steps)
    let (rows, columns) = (store + layout.rows(steps), store + layout.columns(steps))
    for i in 0..<k {
      for j in 0..<k { values[i * k + j] = p[i * k + j] * store[1] * rows[i] * columns[j] }
    }
  }
  return Vector(node: y)
}

/// Where the factors of a block lie: the number of steps, a power of two that brings the weights
/// near 1, then for each step, from 0, the factors of rows and of columns.
private struct SinkhornLayout {
  let k: Int
  let iterations: Int

  var size: Int { 2 + 2 * k * (iterations + 1) }
  func rows(_ step: Int) -> Int { 2 + 2 * k * step }
  func columns(_ step: Int) -> Int { 2 + 2 * k * step + k }
}

/// 1/sum, and 0 for the sum of nothing.
@inline(__always)
private func inverse(_ sum: Double) -> Double {
  sum.magnitude < 0x1p-1000 ? 0 : 1 / sum
}

/// A power of two that brings the largest of some weights near 1; doubly stochastic scaling does
/// not depend on the unit.
private func unit(_ p: UnsafePointer<Double>, _ n: Int) -> Double {
  var largest = 0.0
  for i in 0..<n where p[i].magnitude > largest { largest = p[i].magnitude }
  if largest == 0 || !largest.isFinite { return 1 }
  // 2¹⁰²³ is the largest power there is, and brings the smallest weights to 2⁻⁵¹.
  return Double(sign: .plus, exponent: Swift.min(1023, -largest.exponent), significand: 1)
}

/// Finds the factors of a block.
///
/// - Returns: how many steps were done.
private func scale(
  _ p: UnsafePointer<Double>, _ layout: SinkhornLayout, _ tolerance: Double,
  _ store: UnsafeMutablePointer<Double>
) -> Int {
  let k = layout.k
  let unit = store[1]
  (store + layout.rows(0)).update(repeating: 1, count: 2 * k)
  for step in 1...layout.iterations {
    let before = UnsafePointer(store + layout.rows(step - 1))
    let rows = store + layout.rows(step)
    let columns = store + layout.columns(step)
    columns.update(repeating: 0, count: k)
    for i in 0..<k {
      for j in 0..<k { columns[j] += p[i * k + j] * unit * before[i] }
    }
    // Column sums of the matrix as the step before left it.
    var error = 0.0
    let old = UnsafePointer(store + layout.columns(step - 1))
    for j in 0..<k {
      let sum = columns[j] * old[j]
      if columns[j] != 0 && !((sum - 1).magnitude <= error) { error = (sum - 1).magnitude }
    }
    if step > 1 && error < tolerance { return step - 1 }
    for j in 0..<k { columns[j] = inverse(columns[j]) }
    for i in 0..<k {
      var sum = 0.0
      for j in 0..<k { sum += p[i * k + j] * unit * columns[j] }
      rows[i] = inverse(sum)
    }
  }
  return layout.iterations
}

extension Tape {
  /// Adds to the adjoints of a scaled matrix's origin.
  func propagateSinkhorn(_ entry: Node, at index: Int32) {
    let k = Int(entry.columns)
    let layout = SinkhornLayout(k: k, iterations: Int(entry.factor))
    let blocks = entry.count / (k * k)
    // The last 2·K slopes are for this.
    let work = slopePointer(index) + blocks * layout.size
    let (rowAdjoint, columnAdjoint) = (work, work + k)
    for block in 0..<blocks {
      let p = UnsafePointer(pointer(entry.a) + block * k * k)
      let g = UnsafePointer(adjointPointer(index) + block * k * k)
      let out = adjointPointer(entry.a) + block * k * k
      let store = UnsafePointer(slopePointer(index) + block * layout.size)
      work.update(repeating: 0, count: 2 * k)
      let unit = store[1]
      let steps = Int(store[0])
      let (rows, columns) = (store + layout.rows(steps), store + layout.columns(steps))
      for i in 0..<k {
        for j in 0..<k {
          let product = g[i * k + j] * p[i * k + j] * unit
          out[i * k + j] += g[i * k + j] * rows[i] * columns[j] * unit
          rowAdjoint[i] += product * columns[j]
          columnAdjoint[j] += product * rows[i]
        }
      }
      for step in stride(from: steps, to: 0, by: -1) {
        let (rows, columns) = (store + layout.rows(step), store + layout.columns(step))
        let before = store + layout.rows(step - 1)
        for i in 0..<k {
          let slope = -rows[i] * rows[i] * rowAdjoint[i]
          rowAdjoint[i] = 0
          for j in 0..<k {
            out[i * k + j] += slope * columns[j] * unit
            columnAdjoint[j] += slope * p[i * k + j] * unit
          }
        }
        for j in 0..<k { columnAdjoint[j] *= -columns[j] * columns[j] }
        for i in 0..<k {
          for j in 0..<k {
            out[i * k + j] += columnAdjoint[j] * before[i] * unit
            rowAdjoint[i] += columnAdjoint[j] * p[i * k + j] * unit
          }
        }
        columnAdjoint.update(repeating: 0, count: k)
      }
    }
  }
}
