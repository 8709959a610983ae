import Losses

/// Inputs that the checks put into a loss.
///
/// Log-probabilities are those of real completions: sums over tens to hundreds of tokens,
/// so that an `exp` that overflows in training overflows here too.
struct ProbeBatches {
  let seed: UInt64

  /// Log-probabilities of −5 to −400 and margins of a few nats, as in early training.
  func typical(rows: Int, columns: [LossColumn]) -> LossBatch {
    batch(rows: rows, columns: columns, purpose: "check-typical") { random, _ in
      let reference = (chosen: -random.uniform(5, 400), rejected: -random.uniform(5, 400))
      return Row(
        policyChosen: min(reference.chosen + 5 * random.normal(), 0),
        policyRejected: min(reference.rejected + 5 * random.normal(), 0),
        referenceChosen: reference.chosen, referenceRejected: reference.rejected)
    }
  }

  /// The first step of training: the policy is the reference.
  func equalToReference(rows: Int, columns: [LossColumn]) -> LossBatch {
    batch(rows: rows, columns: columns, purpose: "check-equal") { random, index in
      let chosen = -random.uniform(5, 400)
      // Row 0 has equal completions too, as a pair of duplicates gives.
      let rejected = index == 0 ? chosen : -random.uniform(5, 400)
      return Row(
        policyChosen: chosen, policyRejected: rejected, referenceChosen: chosen,
        referenceRejected: rejected)
    }
  }

  /// Log-probabilities down to −1000 with β·margin out to about ±200.
  ///
  /// - Parameter beta: the scale of the margin; the largest |margin| is `min(2000, 200 / beta)`.
  func magnitudes(rows: Int, columns: [LossColumn], beta: Double) -> LossBatch {
    let reach = min(2000, 200 / max(beta, 1e-3))
    return batch(rows: rows, columns: columns, purpose: "check-magnitudes") { random, index in
      // Margins sweep from −reach to +reach; the remainder of each log-probability is drawn.
      let margin = rows == 1 ? reach : reach * (2 * Double(index) / Double(rows - 1) - 1)
      let half = margin / 2
      let chosen = random.uniform(-1000 + max(0, -half), -max(0, half))
      let rejected = random.uniform(-1000 + max(0, half), -max(0, -half))
      return Row(
        policyChosen: chosen + half, policyRejected: rejected - half,
        referenceChosen: chosen, referenceRejected: rejected)
    }
  }

  struct Row {
    var policyChosen, policyRejected, referenceChosen, referenceRejected: Double
  }

  private func batch(
    rows: Int, columns: [LossColumn], purpose: String,
    draw: (inout RandomStream, Int) -> Row
  ) -> LossBatch {
    var random = RandomStream(seed: seed, purpose: "\(purpose)-\(rows)")
    let drawn = (0..<rows).map { draw(&random, $0) }
    var values: [LossColumn: [Double]] = [
      .policyChosen: drawn.map(\.policyChosen), .policyRejected: drawn.map(\.policyRejected),
      .referenceChosen: drawn.map(\.referenceChosen),
      .referenceRejected: drawn.map(\.referenceRejected),
    ]
    for column in columns.sorted() where values[column] == nil {
      var random = RandomStream(seed: seed, purpose: "\(purpose)-\(rows)-\(column.name)")
      values[column] = (0..<rows).map { _ in Self.optional(column, &random) }
    }
    return LossBatch(rows: rows, columns: values.filter { columns.contains($0.key) })
  }

  /// A value of a column that is not one of the four log-probabilities.
  private static func optional(_ column: LossColumn, _ random: inout RandomStream) -> Double {
    switch column {
    case .chosenTokens, .rejectedTokens: random.uniform(5, 200).rounded()
    case .scoreMargin: abs(random.normal())
    case .weight: random.uniform(0.1, 2)
    default: random.normal()
    }
  }
}

extension RandomStream {
  /// A uniform number in [low, high).
  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }
}
