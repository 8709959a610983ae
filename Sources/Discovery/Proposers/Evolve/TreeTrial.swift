import Losses

/// Tries a tree on a few made-up batches before anything is compiled, so that few proposals are
/// wasted. The checks of the host remain the judge.
enum TreeTrial {
  /// Why a tree is not worth a compiler, or what it does.
  enum Result: Equatable {
    case unfit(String)
    case fit(Fingerprint)
  }

  /// The gradients of a tree on fixed pairs, divided by their norm: equal for trees that are one
  /// function, also for multiples of it.
  struct Fingerprint: Hashable, Sendable {
    let gradients: [Double]

    /// Whether the two agree in each pair to half a percent: differences tell no more, and a loss that
    /// near another is nothing new.
    func isTwin(of other: Fingerprint) -> Bool {
      zip(gradients, other.gradients).allSatisfy {
        abs($0 - $1) <= 5e-3 * max(abs($0), abs($1)) + 1e-7
      }
    }
  }

  static func result(of genome: Genome) -> Result {
    guard genome.tree.isWellTyped, genome.tree.kind == .vector, genome.tree.isRowwise else {
      return .unfit("is no loss of a pair")
    }
    for batch in extremes {
      guard genome.values(on: batch).allSatisfy({ $0.magnitude < 1e150 }) else {
        return .unfit("overflows")
      }
    }
    for batch in extremes {
      let gradients = genome.gradients(on: batch)
      guard (gradients.chosen + gradients.rejected).allSatisfy({ $0.magnitude < 1e150 }) else {
        return .unfit("has no finite gradient")
      }
    }
    guard let fingerprint = fingerprint(of: genome) else { return .unfit("is constant") }
    let half = fingerprint.gradients.count / 2
    // What a step of descent does to ρ of the pairs near 0, where training begins.
    let push = near.map { fingerprint.gradients[$0 + half] - fingerprint.gradients[$0] }
    let mean = Statistics.mean(push)
    guard mean > 1e-3 else { return .unfit("does not push the margin up near 0") }
    guard push.filter({ $0 > 0 }).count * 2 > push.count else {
      return .unfit("pushes most margins near 0 down")
    }
    return .fit(fingerprint)
  }

  /// nil where the gradient is 0 or not finite.
  static func fingerprint(of genome: Genome) -> Fingerprint? {
    let gradients = genome.gradients(on: usual)
    let all = gradients.chosen + gradients.rejected
    let norm = all.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm.isFinite, norm > 1e-12 else { return nil }
    return Fingerprint(gradients: all.map { $0 / norm })
  }

  /// Rows of ``usual`` with |x| of at most 1.5.
  private static let near = usual.values(of: .x).indices.filter {
    usual.values(of: .x)[$0].magnitude <= 1.5
  }

  /// Pairs of early and later training, x from −6 to 6 and densest near 0, no two alike.
  private static let usual: TreeBatch = {
    var random = RandomStream(seed: 1, purpose: "evolve-trial")
    var batch = TreeBatch(chosen: [], rejected: [], referenceGap: [])
    for row in 0..<24 {
      let place = (Double(row) - 11.37) / 11.5
      let rho = 10 * (1.5 * place + 4.5 * place * place * place)
      let middle = 12 * random.normal()
      batch.chosen.append(middle + rho / 2)
      batch.rejected.append(middle - rho / 2)
      batch.referenceGap.append(30 * random.normal())
    }
    return batch
  }()

  /// The policy as the reference, margins to ±2000, and batches of one and two pairs.
  private static let extremes: [TreeBatch] = [
    TreeBatch(chosen: [0, 0, 0, 0], rejected: [0, 0, 0, 0], referenceGap: [0, 9, -40, 200]),
    TreeBatch(
      chosen: [-999, 999, -400, 300, 30, -7, 0.5], rejected: [999, -999, 500, -2, 1, 20, 900],
      referenceGap: [3, -3, 0, 40, -1, 2, 0]),
    TreeBatch(chosen: [-950], rejected: [950], referenceGap: [10]),
    TreeBatch(chosen: [990], rejected: [-950], referenceGap: [-10]),
    TreeBatch(chosen: [1, 2.5], rejected: [-3, 8], referenceGap: [0.5, -20]),
  ]
}
