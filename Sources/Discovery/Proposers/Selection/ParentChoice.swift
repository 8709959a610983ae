import Losses

/// A loss that a proposal can be built on.
struct Parent: Hashable {
  var name: String
  var mean: Double
  var kl: Double?
  /// As ``SlopeSigns`` has them.
  var slopes: String
  /// Number of the reply; nil for a baseline.
  var index: Int?
  /// The island that the proposal was made for.
  var island: Int?
}

/// Chooses what a request is built on: functions of the measured losses and of a keyed stream of random
/// numbers, so that the same journal gives the same choice.
struct ParentChoice {
  /// In the order in which they were measured, baselines first.
  var losses: [Parent]
  var stream: RandomStream

  init(_ losses: [Parent], seed: UInt64, index: Int) {
    self.losses = losses
    stream = RandomStream(seed: seed, purpose: "discovery.parents", UInt64(max(0, index)))
  }

  /// Best first; of equals the earlier.
  static func ranked(_ losses: [Parent]) -> [Parent] {
    losses.enumerated().sorted { ($1.element.mean, $0.offset) < ($0.element.mean, $1.offset) }
      .map(\.element)
  }

  /// Different losses, drawn with weights 1, ½, ⅓ … by rank; all of them when they are fewer.
  mutating func parents(_ count: Int) -> [Parent] {
    var left = Self.ranked(losses)
    var drawn: [Parent] = []
    while drawn.count < count, !left.isEmpty {
      let weights = left.indices.map { 1 / Double($0 + 1) }
      let sum = weights.reduce(0, +)
      drawn.append(left.remove(at: stream.categorical(weights.map { $0 / sum })))
    }
    return Self.ranked(drawn)
  }

  /// Two losses to combine: the first drawn by rank, the second by rank among those whose slopes have
  /// other signs, so that there is something to combine; among all others where there is none.
  mutating func couple() -> [Parent] {
    guard let first = parents(1).first else { return [] }
    let others = losses.filter { $0.name != first.name }
    let different = others.filter {
      $0.slopes != first.slopes || $0.slopes == SlopeSigns.unknown
    }
    var rest = self
    rest.losses = different.isEmpty ? others : different
    let second = rest.parents(1)
    stream = rest.stream
    return [first] + second
  }

  // MARK: - Niches

  /// A cell of the map.
  struct Niche: Hashable {
    /// ⌊log₂ KL⌋, from −4 to 6; nil for an unknown KL.
    var kl: Int?
    var slopes: String

    init(_ loss: Parent) {
      slopes = loss.slopes
      guard let kl = loss.kl, kl.isFinite else { return }
      self.kl = kl < 1.0 / 8 ? -4 : min(6, Int(kl.exponent))
    }

    /// The cell in words: `KL 2 to 4 nats, slope ---....`.
    var text: String {
      let range = kl.map { exponent -> String in
        func nats(_ exponent: Int) -> String {
          exponent < 0 ? "1/\(1 << -exponent)" : "\(1 << exponent)"
        }
        if exponent <= -4 { return "KL below \(nats(-3)) nats" }
        return exponent >= 6
          ? "KL above \(nats(6)) nats" : "KL \(nats(exponent)) to \(nats(exponent + 1)) nats"
      }
      return (range ?? "KL unknown") + ", slope " + slopes
    }
  }

  /// The best loss of every niche that has one, in the order in which niches were first entered.
  func elites() -> [(niche: Niche, elite: Parent)] {
    var order: [Niche] = []
    var best: [Niche: Parent] = [:]
    for loss in losses {
      let niche = Niche(loss)
      if let elite = best[niche] {
        if loss.mean > elite.mean { best[niche] = loss }
      } else {
        order.append(niche)
        best[niche] = loss
      }
    }
    return order.compactMap { niche in best[niche].map { (niche, $0) } }
  }

  /// The elite of a niche that is drawn evenly: a niche's turn does not depend on how good it is.
  mutating func elite() -> Parent? {
    let elites = elites()
    return elites.isEmpty ? nil : elites[stream.below(elites.count)].elite
  }

  // MARK: - Islands

  /// Generations between two arrivals of a neighbour's best.
  static let migration = 5

  /// The island of a generation, from 0: they take turns.
  static func island(ofGeneration generation: Int, of count: Int) -> Int {
    max(0, generation - 1) % count
  }

  /// What an island knows: the baselines, its own losses, and the best loss that the island before it
  /// had when the latest ship left. A ship leaves every ``migration`` rounds; a round is one turn of every
  /// island.
  ///
  /// - Parameter generations: of each loss, by the number of its reply.
  func known(
    to island: Int, of count: Int, atGeneration generation: Int, generations: [Int: Int]
  ) -> [Parent] {
    let own = losses.filter { $0.index == nil || $0.island == island }
    let round = max(0, generation - 1) / count
    let departure = round / Self.migration * Self.migration * count
    let neighbour = (island + count - 1) % count
    let aboard = losses.filter { loss in
      guard let index = loss.index, let born = generations[index] else { return false }
      return loss.island == neighbour && born <= departure
    }
    let guest = Self.ranked(aboard).prefix(1)
    return losses.filter { loss in
      own.contains { $0.name == loss.name } || guest.contains { $0.name == loss.name }
    }
  }
}
