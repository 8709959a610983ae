import Losses

extension LossBatch {
  /// Elements of a row in a column.
  func rowWidth(of column: LossColumn) -> Int { elements(of: column) / max(rows, 1) }

  /// The places of a row's elements in a column.
  func range(of row: Int, in column: LossColumn) -> Range<Int> {
    let width = rowWidth(of: column)
    return (row * width)..<((row + 1) * width)
  }

  /// The batch of the given rows, in the given order.
  func selecting(_ order: [Int]) -> LossBatch {
    var chosen = self
    chosen.rows = order.count
    for (column, values) in columns {
      chosen.columns[column] = order.flatMap { values[range(of: $0, in: column)] }
    }
    return chosen
  }

  /// The batch with some rows taken from another one of the same extents.
  func replacing(_ rows: Set<Int>, with other: LossBatch) -> LossBatch {
    var mixed = self
    for (column, values) in columns {
      guard let source = other.columns[column] else { continue }
      var result = values
      for row in rows {
        for place in range(of: row, in: column) { result[place] = source[place] }
      }
      mixed.columns[column] = result
    }
    return mixed
  }

  /// How messages name an element: `d_logits[3, 2] of a batch of 8`.
  func place(_ column: LossColumn, _ element: Int) -> String {
    let width = rowWidth(of: column)
    let index =
      column.shape == .rows ? "\(element)" : "\(element / width), \(element % width)"
    return "d_\(column.name)[\(index)] of a batch of \(rows)"
  }
}

extension LossOutput {
  /// The elements of a row of a gradient.
  func gradient(_ column: LossColumn, row: Int, of batch: LossBatch) -> ArraySlice<Double> {
    gradients[column]?[batch.range(of: row, in: column)] ?? []
  }

  /// Whether two outputs have the same bits, NaN payloads included.
  func isBitIdentical(to other: LossOutput) -> Bool {
    func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
    return bits(values) == bits(other.values) && gradients.keys == other.gradients.keys
      && gradients.allSatisfy { bits($0.value) == bits(other.gradients[$0.key] ?? []) }
  }
}
