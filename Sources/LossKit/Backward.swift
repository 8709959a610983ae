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
  func markReached(_ index: Int32) {
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
      let factor = entry.factor
      forEachRow(of: entry) { row, start, length in
        let share = chain(g[row], factor)
        let target = adjointPointer(entry.a) + start
        for i in 0..<length { target[i] += share }
      }
    case .reduction:
      forEachRow(of: entry) { row, start, length in
        let slopes = UnsafePointer(slopePointer(index) + start)
        let adjoint = g[row]
        let target = adjointPointer(entry.a) + start
        for i in 0..<length { target[i] += chain(adjoint, slopes[i]) }
      }
    case .gather:
      let from = UnsafePointer(slopePointer(index))
      let target = adjointPointer(entry.a)
      markReached(entry.a)
      for i in 0..<n where from[i] >= 0 { target[Int(from[i])] += g[i] }
    case .concatenate:
      let first = node(entry.a).count
      add(to: entry.a, count: first) { g[$0] }
      add(to: entry.b, count: n - first) { g[first + $0] }
    case .cumulativeSum:
      let target = adjointPointer(entry.a)
      markReached(entry.a)
      let length = entry.columns == 0 ? n : Int(entry.columns)
      for start in stride(from: 0, to: n, by: length) {
        var total = 0.0
        for i in (start..<start + length).reversed() {
          total += g[i]
          target[i] += total
        }
      }
    case .softmax, .logSoftmax, .logCumulativeSumExp:
      propagateNormalised(entry, at: index)
    case .sinkhorn:
      markReached(entry.a)
      propagateSinkhorn(entry, at: index)
    }
  }

  /// The rows of a reduction's operand: number, start and length.
  @inline(__always)
  private func forEachRow(of entry: Node, _ body: (Int, Int, Int) -> Void) {
    guard node(entry.a).needsGradient else { return }
    markReached(entry.a)
    let length = node(entry.a).count / entry.count
    for row in 0..<entry.count { body(row, row * length, length) }
  }

  /// The rules of softmax, of its logarithm and of the running log-sum-exp.
  private func propagateNormalised(_ entry: Node, at index: Int32) {
    markReached(entry.a)
    let (n, length) = (entry.count, Int(entry.factor))
    for start in stride(from: 0, to: n, by: length) {
      let g = UnsafePointer(adjointPointer(index) + start)
      let target = adjointPointer(entry.a) + start
      if entry.operation != .logCumulativeSumExp {
        let isLogarithm = entry.operation == .logSoftmax
        let p = UnsafePointer((isLogarithm ? slopePointer(index) : pointer(index)) + start)
        propagateSoftmax(g, p, length, isLogarithm: isLogarithm, target)
      } else {
        // s is Σ over later elements i of g[i]·exp(y[here] − y[i]): every factor is at most 1.
        let own = UnsafePointer(slopePointer(index) + start)
        let carried = own + n
        var s = 0.0
        for i in (0..<length).reversed() {
          if own[i] < 0 { continue }
          s += g[i]
          target[i] += chain(s, own[i])
          s = chain(s, carried[i])
        }
      }
    }
  }

  /// dx = p·(g − Σ g·p), of the logarithm dx = g − p·Σ g. The most probable element takes 1 − p from
  /// the others, since the difference would lose its digits where p is nearly 1. An element with
  /// p < 0 is absent.
  private func propagateSoftmax(
    _ g: UnsafePointer<Double>, _ p: UnsafePointer<Double>, _ n: Int, isLogarithm: Bool,
    _ target: UnsafeMutablePointer<Double>
  ) {
    var top = 0
    for i in 0..<n where p[i] > p[top] { top = i }
    var (others, rest) = (0.0, 0.0)
    for i in 0..<n where i != top && !(p[i] < 0) {
      rest += isLogarithm ? g[i] : chain(g[i], p[i])
      others += p[i]
    }
    if p[top] < 0 { return }
    if isLogarithm {
      target[top] += chain(g[top], others) - chain(rest, p[top])
      let total = rest + g[top]
      for i in 0..<n where i != top && !(p[i] < 0) { target[i] += g[i] - chain(total, p[i]) }
    } else {
      target[top] += chain(chain(g[top], others) - rest, p[top])
      let total = rest + chain(g[top], p[top])
      for i in 0..<n where i != top { target[i] += chain(g[i] - total, p[i]) }
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
