import Losses

/// Inputs that the checks put into a loss.
///
/// Log-probabilities are those of real completions: sums over tens to hundreds of tokens,
/// so that an `exp` that overflows in training overflows here too. The same seed gives the same
/// batches for every loss of a family, whatever columns it reads.
struct ProbeBatches {
  let seed: UInt64
  let family: LossFamily
  let columns: [LossColumn]

  init(seed: UInt64, descriptor: LossDescriptor) {
    self.seed = seed
    family = descriptor.family
    columns = descriptor.inputs
  }

  /// Classes or completions of a row where nothing else is said.
  var usualWidth: Int {
    switch family {
    case .pairwise: 1
    case .classification: 5
    case .listwise: 4
    }
  }

  /// Further widths that a loss has to serve.
  var otherWidths: [Int] {
    switch family {
    case .pairwise: []
    case .classification: [2, 17]
    case .listwise: [2, 9]
    }
  }

  /// Early training: log-probabilities of −5 to −400 and margins of a few nats; logits of a few
  /// units. Two of three rows of lists end in padding; one in eight has a single completion.
  func typical(rows: Int, width: Int? = nil) -> LossBatch {
    let width = width ?? usualWidth
    switch family {
    case .pairwise:
      return pairs(rows, "check-typical") { random, _ in
        let reference = (chosen: -random.uniform(5, 400), rejected: -random.uniform(5, 400))
        return Pair(
          policyChosen: min(reference.chosen + 5 * random.normal(), 0),
          policyRejected: min(reference.rejected + 5 * random.normal(), 0),
          referenceChosen: reference.chosen, referenceRejected: reference.rejected)
      }
    case .classification:
      return logits(rows, width, "check-typical") { random, _, _ in 2 * random.normal() }
    case .listwise:
      return lists(rows, width, "check-typical") { random, _, _ in
        let reference = -random.uniform(5, 400)
        return Item(
          policy: min(reference + 5 * random.normal(), 0), reference: reference,
          score: random.uniform())
      }
    }
  }

  /// The first step of training: the policy is the reference, or all logits of a row are equal.
  ///
  /// Row 0 of pairs has equal completions too, as a pair of duplicates gives; row 0 of lists has
  /// equal scores.
  func equalToReference(rows: Int) -> LossBatch {
    switch family {
    case .pairwise:
      return pairs(rows, "check-equal") { random, index in
        let chosen = -random.uniform(5, 400)
        let rejected = index == 0 ? chosen : -random.uniform(5, 400)
        return Pair(
          policyChosen: chosen, policyRejected: rejected, referenceChosen: chosen,
          referenceRejected: rejected)
      }
    case .classification:
      return logits(rows, usualWidth, "check-equal") { _, row, _ in 0.25 * Double(row) }
    case .listwise:
      return lists(rows, usualWidth, "check-equal") { random, row, _ in
        let reference = -random.uniform(5, 400)
        let score = random.uniform()
        return Item(policy: reference, reference: reference, score: row == 0 ? 0.5 : score)
      }
    }
  }

  /// Log-probabilities down to −1000 with β·margin out to about ±200; logits to ±1000.
  ///
  /// - Parameter beta: the scale of the margin; the largest |margin| is `min(2000, 200 / beta)`.
  func magnitudes(rows: Int, beta: Double) -> LossBatch {
    let reach = Self.reach(beta: beta)
    // From −1 in the first row to 1 in the last.
    func sweep(_ index: Int) -> Double {
      rows == 1 ? 1 : 2 * Double(index) / Double(rows - 1) - 1
    }
    switch family {
    case .pairwise:
      return pairs(rows, "check-magnitudes") { random, index in
        let half = reach * sweep(index) / 2
        let chosen = random.uniform(-1000 + max(0, -half), -max(0, half))
        let rejected = random.uniform(-1000 + max(0, half), -max(0, -half))
        return Pair(
          policyChosen: chosen + half, policyRejected: rejected - half,
          referenceChosen: chosen, referenceRejected: rejected)
      }
    case .classification:
      return logits(rows, usualWidth, "check-magnitudes") { random, row, column in
        column == 0 ? 1000 * sweep(row) : random.uniform(-1000, 1000)
      }
    case .listwise:
      return lists(rows, usualWidth, "check-magnitudes") { random, row, column in
        let shift = (column == 0 ? sweep(row) : random.uniform(-1, 1)) * min(reach, 1000)
        let reference = random.uniform(-1000 + max(0, -shift), -max(0, shift))
        return Item(policy: reference + shift, reference: reference, score: random.uniform())
      }
    }
  }

  /// The largest margin that a loss must bear: β·margin out to ±200.
  static func reach(beta: Double) -> Double { min(2000, 200 / max(beta, 1e-3)) }
}

// MARK: Columns

extension ProbeBatches {
  struct Pair {
    var policyChosen, policyRejected, referenceChosen, referenceRejected: Double
  }

  struct Item {
    var policy, reference, score: Double
  }

  private func pairs(
    _ rows: Int, _ purpose: String, draw: (inout RandomStream, Int) -> Pair
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

  private func logits(
    _ rows: Int, _ classes: Int, _ purpose: String,
    draw: (inout RandomStream, _ row: Int, _ column: Int) -> Double
  ) -> LossBatch {
    var random = RandomStream(seed: seed, purpose: "\(purpose)-logits-\(rows)-\(classes)")
    var values: [LossColumn: [Double]] = [:]
    values[.logits] = (0..<(rows * classes)).map {
      draw(&random, $0 / classes, $0 % classes)
    }
    values[.labels] = (0..<rows).map { _ in Double(random.below(classes)) }
    return LossBatch(
      family: .classification, rows: rows, classes: classes,
      columns: values.filter { columns.contains($0.key) })
  }

  private func lists(
    _ rows: Int, _ size: Int, _ purpose: String,
    draw: (inout RandomStream, _ row: Int, _ column: Int) -> Item
  ) -> LossBatch {
    var random = RandomStream(seed: seed, purpose: "\(purpose)-lists-\(rows)-\(size)")
    let drawn = (0..<(rows * size)).map { draw(&random, $0 / size, $0 % size) }
    // A loss that does not read the mask cannot know what is padding, so it gets none.
    let hasMask = columns.contains(.listMask)
    let mask = (0..<(rows * size)).map { index -> Double in
      let row = index / size
      let padding = row % 8 == 7 ? size - 1 : min(row % 3, size - 2)
      return hasMask && index % size >= size - padding ? 0 : 1
    }
    let values: [LossColumn: [Double]] = [
      .listPolicy: drawn.map(\.policy), .listReference: drawn.map(\.reference),
      .listScores: drawn.map(\.score), .listMask: mask,
    ]
    return LossBatch(
      family: .listwise, rows: rows, groupSize: size,
      columns: values.filter { columns.contains($0.key) })
  }
}

extension RandomStream {
  /// A uniform number in [low, high).
  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }
}
