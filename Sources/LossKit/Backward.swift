// The backward sweep: from the adjoint of each entry to those of its operands.

/// g · slope, where an exact zero wins over an infinity or a NaN.
///
/// An adjoint of exactly 0 says that the result does not depend on the entry, and a slope of 0
/// that the entry does not depend on its operand; so a branch that `select` did not take gives
/// no NaN although its own slope may be infinite.
@inline(__always)
func chain(_ g: Double, _ slope: Double) -> Double {
  g == 0 || slope == 0 ? 0 : g * slope
}

extension Tape {
  /// Sweeps back from the result, each element of which has the adjoint 1: afterwards an
  /// input's adjoints are the gradient of the sum over rows.
  ///
  /// - Returns: false, with the status noted, when there is no memory.
  mutating func sweep(from result: Int32) -> Bool {
    guard prepareAdjoints(line: node(result).line) else { return false }
    adjointPointer(result).update(repeating: 1, count: node(result).count)
    markReached(result)
    var index = result
    while index > 0 {
      let entry = node(index)
      if entry.needsGradient && entry.isReached { propagate(entry, at: index) }
      index -= 1
    }
    return true
  }

  @inline(__always)
  private func markReached(_ index: Int32) {
    nodes.base.unsafelyUnwrapped[Int(index)].isReached = true
  }

  /// Adds contributions to the adjoints of an operand; summed when the operand was broadcast.
  @inline(__always)
  private func add(to operand: Int32, count n: Int, _ contribution: (Int) -> Double) {
    let entry = node(operand)
    guard entry.needsGradient else { return }
    markReached(operand)
    let adjoints = adjointPointer(operand)
    if entry.count == n {
      for i in 0..<n { adjoints[i] += contribution(i) }
    } else {
      var total = 0.0
      for i in 0..<n { total += contribution(i) }
      adjoints[0] += total
    }
  }

  private func propagate(_ entry: Node, at index: Int32) {
    let n = entry.count
    let g = UnsafePointer(adjointPointer(index))
    let a = UnsafePointer(pointer(entry.a))
    let b = UnsafePointer(pointer(entry.b))
    switch entry.operation {
    case .leaf:
      break
    case .margin, .subtract:
      add(to: entry.a, count: n) { g[$0] }
      add(to: entry.b, count: n) { -g[$0] }
    case .add:
      add(to: entry.a, count: n) { g[$0] }
      add(to: entry.b, count: n) { g[$0] }
    case .affine:
      let factor = entry.factor
      add(to: entry.a, count: n) { chain(g[$0], factor) }
    case .divideByScalar:
      let divisor = entry.factor
      add(to: entry.a, count: n) { g[$0] == 0 ? 0 : g[$0] / divisor }
    case .multiply, .divide:
      propagateProduct(entry, at: index, g, a, b)
    case .elementwise:
      let slopes = UnsafePointer(slopePointer(index))
      add(to: entry.a, count: n) { chain(g[$0], slopes[$0]) }
    case .elementwise2:
      let slopes = UnsafePointer(slopePointer(index))
      add(to: entry.a, count: n) { chain(g[$0], slopes[$0]) }
      add(to: entry.b, count: n) { chain(g[$0], slopes[n + $0]) }
    case .uniformReduction:
      let share = chain(g[0], entry.factor)
      add(to: entry.a, count: node(entry.a).count) { _ in share }
    case .reduction:
      let slopes = UnsafePointer(slopePointer(index))
      let adjoint = g[0]
      add(to: entry.a, count: node(entry.a).count) { chain(adjoint, slopes[$0]) }
    case .gather:
      let from = UnsafePointer(slopePointer(index))
      let target = adjointPointer(entry.a)
      markReached(entry.a)
      for i in 0..<n { target[Int(from[i])] += g[i] }
    case .concatenate:
      let first = node(entry.a).count
      add(to: entry.a, count: first) { g[$0] }
      add(to: entry.b, count: n - first) { g[first + $0] }
    case .cumulativeSum:
      let target = adjointPointer(entry.a)
      markReached(entry.a)
      var total = 0.0
      for i in stride(from: n - 1, through: 0, by: -1) {
        total += g[i]
        target[i] += total
      }
    }
  }

  /// The rules of a·b and a/b; an operand of one element may stand for many.
  private func propagateProduct(
    _ entry: Node, at index: Int32, _ g: UnsafePointer<Double>, _ a: UnsafePointer<Double>,
    _ b: UnsafePointer<Double>
  ) {
    let n = entry.count
    let aIsScalar = node(entry.a).count == 1 && n > 1
    let bIsScalar = node(entry.b).count == 1 && n > 1
    if entry.operation == .multiply {
      if bIsScalar {
        let factor = b[0]
        add(to: entry.a, count: n) { chain(g[$0], factor) }
      } else {
        add(to: entry.a, count: n) { chain(g[$0], b[$0]) }
      }
      if aIsScalar {
        let factor = a[0]
        add(to: entry.b, count: n) { chain(g[$0], factor) }
      } else {
        add(to: entry.b, count: n) { chain(g[$0], a[$0]) }
      }
    } else {
      let y = UnsafePointer(pointer(index))
      let stride = bIsScalar ? 0 : 1
      add(to: entry.a, count: n) { g[$0] == 0 ? 0 : g[$0] / b[$0 * stride] }
      add(to: entry.b, count: n) {
        let product = chain(g[$0], -y[$0])
        return product == 0 ? 0 : product / b[$0 * stride]
      }
    }
  }
}
