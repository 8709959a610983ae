/// Pairs as a tree sees them, on which it can be tried without being compiled.
struct TreeBatch: Sendable {
  /// π − ref of each completion, in nats.
  var chosen: [Double]
  var rejected: [Double]
  /// ref_c − ref_r.
  var referenceGap: [Double]
  var beta = 0.1

  var count: Int { chosen.count }

  func values(of input: LossTree.Input) -> [Double] {
    switch input {
    case .x: zip(chosen, rejected).map { beta * ($0 - $1) }
    case .rho: zip(chosen, rejected).map { $0 - $1 }
    case .chosen: chosen.map { beta * $0 }
    case .rejected: rejected.map { beta * $0 }
    case .preference:
      chosen.indices.map { chosen[$0] - rejected[$0] + referenceGap[$0] }
    }
  }
}

extension Genome {
  /// The loss of each pair; what overflows is infinite or NaN.
  func values(on batch: TreeBatch) -> [Double] { evaluate(tree, batch).filled(batch.count) }

  /// Derivatives of the sum over pairs with respect to π_c and π_r of each pair, by central
  /// differences.
  func gradients(on batch: TreeBatch, step: Double = 1e-4) -> (chosen: [Double], rejected: [Double])
  {
    (
      slopes(on: batch, \.chosen, step: step), slopes(on: batch, \.rejected, step: step)
    )
  }

  private func slopes(
    on batch: TreeBatch, _ column: WritableKeyPath<TreeBatch, [Double]>, step: Double
  ) -> [Double] {
    func moved(_ rows: Range<Int>, by distance: Double) -> [Double] {
      var batch = batch
      for row in rows { batch[keyPath: column][row] += distance }
      return values(on: batch)
    }
    guard tree.readsBatch else {
      // Each row minds itself: all can be moved at once.
      let rows = 0..<batch.count
      return zip(moved(rows, by: step), moved(rows, by: -step)).map { ($0 - $1) / (2 * step) }
    }
    return (0..<batch.count).map { row in
      let (up, down) = (moved(row..<row + 1, by: step), moved(row..<row + 1, by: -step))
      return zip(up, down).reduce(0) { $0 + ($1.0 - $1.1) } / (2 * step)
    }
  }

  /// One number, or one for each pair.
  private enum Value {
    case same(Double)
    case rows([Double])

    func filled(_ count: Int) -> [Double] {
      switch self {
      case .same(let value): [Double](repeating: value, count: count)
      case .rows(let values): values
      }
    }

    func map(_ f: (Double) -> Double) -> Value {
      switch self {
      case .same(let value): .same(f(value))
      case .rows(let values): .rows(values.map(f))
      }
    }

    func combined(with other: Value, _ f: (Double, Double) -> Double) -> Value {
      switch (self, other) {
      case (.same(let a), .same(let b)): .same(f(a, b))
      case (.same(let a), .rows(let b)): .rows(b.map { f(a, $0) })
      case (.rows(let a), .same(let b)): .rows(a.map { f($0, b) })
      case (.rows(let a), .rows(let b)): .rows(zip(a, b).map(f))
      }
    }
  }

  private func evaluate(_ tree: LossTree, _ batch: TreeBatch) -> Value {
    switch tree.head {
    case .input(let input): return .rows(batch.values(of: input))
    case .constant(let value): return .same(value)
    case .tunable(let tunable): return .same(values[tunable] ?? tunable.initial)
    case .apply(let operation):
      let parts = tree.operands.map { evaluate($0, batch) }
      switch operation {
      case .not: return parts[0].map { $0 == 0 ? 1 : 0 }
      case .mean, .standardDeviation, .variance:
        guard case .rows(let values) = parts[0] else {
          return operation == .mean ? parts[0] : .same(0)
        }
        if operation == .mean { return .same(Statistics.mean(values)) }
        let spread = Statistics.standardDeviation(values) ?? 0
        return .same(operation == .variance ? spread * spread : spread)
      case .select:
        let count = batch.count
        let (test, yes, no) = (
          parts[0].filled(count), parts[1].filled(count), parts[2].filled(count)
        )
        return .rows(test.indices.map { test[$0] != 0 ? yes[$0] : no[$0] })
      default:
        return parts.count == 1
          ? parts[0].map(operation.value) : parts[0].combined(with: parts[1], operation.value)
      }
    }
  }
}
