import Losses

/// How rows of a batch act on each other.
struct RowChecks {
  let loss: any RawLoss
  let tunables: [Double]

  /// Differences beyond rounding: sums in another order may differ in the last bits.
  private static let tolerance = 1e-9

  /// The warning `order-dependent`: a permutation of rows changes the sum, or the gradients do not
  /// move with their rows.
  func orderWarnings(on batch: LossBatch) throws(LossFailure) -> [CheckReport.Warning] {
    let order = (0..<batch.rows).map { ($0 * 5 + 3) % batch.rows }
    let before = try loss.evaluate(batch, tunables: tunables)
    let after = try loss.evaluate(batch.selecting(order), tunables: tunables)
    let scale = before.values.reduce(0) { $0 + abs($1) }
    let sums = (before.values.reduce(0, +), after.values.reduce(0, +))
    if abs(sums.0 - sums.1) > Self.tolerance * scale {
      return [
        .init(
          name: "order-dependent",
          message: "the order of the rows changes the sum of the values from \(sums.0) to \(sums.1)"
        )
      ]
    }
    for (column, slopes) in before.gradients.sorted(by: { $0.key < $1.key }) {
      let moved = order.flatMap { Array(slopes[batch.range(of: $0, in: column)]) }
      if !near(moved, after.gradients[column] ?? []) {
        return [
          .init(
            name: "order-dependent",
            message: "the gradients of \(column.name) do not move with their rows")
        ]
      }
    }
    return []
  }

  /// Rows of the batches in which the same rows are met again: a loss may divide by the number of rows,
  /// or treat one size otherwise than another.
  private static let otherSizes = [2, 3, 64, 97]

  /// The claim LOSS_ROW_INDEPENDENT: a row's value and gradient stay when the other rows change or
  /// go, when there are more or fewer of them, and wherever the row stands.
  ///
  /// - Throws: `failed(row-independent)`.
  func requireIndependence(_ batch: LossBatch, others: LossBatch) throws(LossFailure) {
    let base = try loss.evaluate(batch, tunables: tunables)
    let changed = Set(batch.rows / 2..<batch.rows)
    let mixed = batch.replacing(changed, with: others)
    let after = try loss.evaluate(mixed, tunables: tunables)
    for row in 0..<batch.rows / 2 {
      try requireSame(base, row, of: batch, as: after, row, of: mixed, "another row changes")
    }
    for row in [0, batch.rows - 1] {
      let alone = batch.selecting([row])
      try requireSame(
        base, row, of: batch, as: try loss.evaluate(alone, tunables: tunables), 0, of: alone,
        "the others are left out")
    }
    for size in Self.otherSizes {
      // All rows but the last, in turns: every place of the larger batch is looked at, and its mean is
      // not that of the smaller one.
      let order = (0..<size).map { ($0 * 5 + 3) % max(batch.rows - 1, 1) }
      let other = batch.selecting(order)
      let output = try loss.evaluate(other, tunables: tunables)
      for (place, row) in order.enumerated() {
        try requireSame(
          base, row, of: batch, as: output, place, of: other,
          "it is row \(place) of a batch of \(size)")
      }
    }
  }

  private func requireSame(
    _ a: LossOutput, _ row: Int, of batch: LossBatch, as b: LossOutput, _ other: Int,
    of second: LossBatch, _ change: String
  ) throws(LossFailure) {
    var what: String?
    if !near([a.values[row]], [b.values[other]]) { what = "value" }
    for column in a.gradients.keys.sorted()
    where !near(
      Array(a.gradient(column, row: row, of: batch)),
      Array(b.gradient(column, row: other, of: second)))
    {
      what = what ?? "gradient"
    }
    guard let what else { return }
    throw LossFailure(
      .failed(check: "row-independent"),
      "the loss claims that rows are independent, but the \(what) of row \(row) changes when "
        + change,
      remedy:
        "Do not claim rowIndependent for a loss that uses means, variances or sorts over the batch, or "
        + "the number of its rows."
    )
  }

  private func near(_ a: [Double], _ b: [Double]) -> Bool {
    guard a.count == b.count else { return false }
    let scale = zip(a, b).reduce(0) { max($0, abs($1.0), abs($1.1)) }
    return zip(a, b).allSatisfy { abs($0 - $1) <= Self.tolerance * scale }
  }
}

/// The check `padding`: what the mask of a listwise batch hides has no effect and no gradient.
struct PaddingCheck {
  let loss: any RawLoss
  let tunables: [Double]
  let batch: LossBatch

  func run() throws(LossFailure) -> CheckSuite.Note {
    guard batch.family == .listwise else { return .init(message: "no padding in this family") }
    guard let mask = batch.columns[.listMask] else {
      return .init(
        warnings: [
          .init(
            name: "ignores-mask",
            message: "the loss does not read the mask: lists of unequal lengths would count padding"
          )
        ], message: "the mask is not read")
    }
    let hidden = mask.indices.filter { mask[$0] == 0 }
    let before = try loss.evaluate(batch, tunables: tunables)
    if let slopes = before.gradients[.listPolicy],
      let bad = hidden.first(where: { slopes[$0] != 0 })
    {
      throw failure("\(batch.place(.listPolicy, bad)) is \(slopes[bad]) where the mask is 0")
    }
    var changed = batch
    for column in [LossColumn.listPolicy, .listReference, .listScores] {
      for (count, place) in hidden.enumerated() {
        changed.columns[column]?[place] = column == .listScores ? 7 : -3 - 11 * Double(count)
      }
    }
    let after = try loss.evaluate(changed, tunables: tunables)
    // Numbers, not bits: a mask of 0 times a negative number is −0.
    if after != before {
      throw failure("numbers where the mask is 0 change values or gradients")
    }
    return .silent
  }

  private func failure(_ message: String) -> LossFailure {
    LossFailure(
      .failed(check: "padding"), message,
      remedy:
        "Multiply by the mask, or select by it, before every sum, maximum and sort over a list, and "
        + "give a gradient of 0 where it is 0.")
  }
}
