import Foundation
import Losses

/// Proposals without a model: expression trees over LossKit, bred from the published losses and from
/// what the run has measured.
///
/// Steady state: each proposal is one child of parents that a tournament chooses by the lower
/// confidence bound of η. A child is tried on made-up pairs first (``TreeTrial``), and is never one that
/// the seeds or an earlier proposal are already, be it by another scale.
///
/// A proposal depends on the seed, on its index and on the history that the request brings, on nothing
/// else, so a resumed run proposes the same losses. An instance belongs to one thread.
public final class EvolveProposer: Proposer {
  public let kind = "evolve"
  public let canBeAskedAhead = true
  /// Draws everything.
  public let seed: UInt64

  /// Children that are tried for one proposal before the last one that was no twin is taken, or
  /// evolution gives up.
  static let tries = 400
  /// Losses that compete to become a parent.
  static let tournament = 3

  /// What a recorded reply says, so that a long history is read once. A reply's text decides it.
  private var read: [String: Ancestor] = [:]
  private let seeds: [Ancestor]

  /// A loss that may become a parent.
  private struct Ancestor {
    var name: String
    var genome: Genome
    var fingerprint: TreeTrial.Fingerprint?
  }

  public init(seed: UInt64) {
    self.seed = seed
    seeds = SeedLosses.all.map {
      Ancestor(
        name: $0.name, genome: $0.genome, fingerprint: TreeTrial.fingerprint(of: $0.genome))
    }
  }

  /// - Returns: nil when no new loss was found in many tries, which a run of ordinary length never
  ///   sees.
  public func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    let history = request.exchanges.map { ancestor(of: $0.reply) }
    var random = RandomStream(seed: seed, purpose: "evolve", UInt64(request.index))
    let measured = measuredPool(request, history)
    let known = (seeds + history.compactMap { $0 }).compactMap(\.fingerprint)
    for _ in 0..<Self.tries {
      let variation = TreeVariation.drawn(&random)
      let mother = parent(among: measured, &random)
      let father = parent(among: measured, &random)
      guard let child = variation.child(of: mother.genome, and: father.genome, &random),
        case .fit(let fingerprint) = TreeTrial.result(of: child),
        !known.contains(where: fingerprint.isTwin)
      else { continue }
      let reply = EvolvedReply(
        child, name: Self.name(child, index: request.index + 1),
        thought: Self.lineage(variation, mother.name, father.name),
        parents: variation.isOfTwo ? [mother.name, father.name] : [mother.name],
        variation: variation, index: request.index + 1)
      return ProposalReply(text: try reply.text, source: "evolve")
    }
    return nil
  }

  // MARK: - Parents

  private func ancestor(of text: String) -> Ancestor? {
    if let known = read[text] { return known }
    guard let reply = EvolvedReply(text: text), let genome = reply.genome else { return nil }
    let ancestor = Ancestor(
      name: reply.name, genome: genome, fingerprint: TreeTrial.fingerprint(of: genome))
    read[text] = ancestor
    return ancestor
  }

  /// What was measured on the task: proposals, and those seeds that are baselines of the run.
  private func measuredPool(
    _ request: ProposalRequest, _ history: [Ancestor?]
  ) -> [(ancestor: Ancestor, fitness: Double)] {
    var pool: [(ancestor: Ancestor, fitness: Double)] = []
    for outcome in request.baselines {
      guard let fitness = outcome.lowerBound,
        let seed = seeds.first(where: { $0.name == outcome.name })
      else { continue }
      pool.append((seed, fitness))
    }
    let worth = Dictionary(
      request.outcomes.map { ($0.name, $0.lowerBound) }, uniquingKeysWith: { first, _ in first })
    for ancestor in history.compactMap({ $0 }) {
      guard let fitness = worth[ancestor.name] ?? nil else { continue }
      pool.append((ancestor, fitness))
    }
    return pool
  }

  /// A seed, less often as more is measured; else the winner of a tournament.
  private func parent(
    among pool: [(ancestor: Ancestor, fitness: Double)], _ random: inout RandomStream
  ) -> Ancestor {
    let share = max(0.2, 1 - Double(pool.count) / 15)
    if pool.isEmpty || random.bernoulli(share) { return seeds[random.below(seeds.count)] }
    var best = pool[random.below(pool.count)]
    for _ in 1..<Self.tournament {
      let rival = pool[random.below(pool.count)]
      if rival.fitness > best.fitness { best = rival }
    }
    return best.ancestor
  }

  // MARK: - Words

  private static func name(_ genome: Genome, index: Int) -> String {
    let words = TreePrinter.words(for: genome.tree).filter { $0.allSatisfy(\.isLowercase) }
    return (words.isEmpty ? ["linear"] : words.prefix(2).map { String($0.prefix(11)) })
      .joined(separator: "-") + "-\(index)"
  }

  private static func lineage(
    _ variation: TreeVariation, _ mother: String, _ father: String
  ) -> String {
    switch variation {
    case .constants: "Lineage: \(mother) with other constants."
    case .point: "Lineage: \(mother) with one function or input exchanged."
    case .subtree: "Lineage: \(mother) with a new part."
    case .hoist: "Lineage: a part of \(mother)."
    case .insert: "Lineage: \(mother) with an operation put around a part."
    case .wrap: "Lineage: a blend of \(mother) and \(father)."
    case .crossover: "Lineage: \(mother) with a part of \(father)."
    }
  }
}
