import Foundation
import Losses

/// How a loss begets another.
enum TreeVariation: String, Hashable, Sendable, CaseIterable {
  /// Constants and tunables moved, by factors.
  case constants
  /// One function, operator or input exchanged for another of the same kinds.
  case point
  /// A part replaced by a new one.
  case subtree
  /// A part of the loss made the loss.
  case hoist
  /// An operation put around a part.
  case insert
  /// The loss blended with another by a weight, a gate or a condition.
  case wrap
  /// A part replaced by a part of another loss.
  case crossover

  /// How often each is tried.
  var weight: Double {
    switch self {
    case .constants: 0.2
    case .point: 0.15
    case .subtree: 0.12
    case .hoist: 0.04
    case .insert: 0.17
    case .wrap: 0.14
    case .crossover: 0.18
    }
  }

  /// Whether it needs a second parent.
  var isOfTwo: Bool { self == .crossover || self == .wrap }

  /// Larger trees are not proposed.
  static let maximumSize = 36
  static let maximumDepth = 10

  static func drawn(_ random: inout RandomStream) -> TreeVariation {
    allCases[random.categorical(allCases.map(\.weight))]
  }

  /// A child, simplified; nil when this variation cannot be had here, or the child is no loss or too
  /// large.
  func child(of mother: Genome, and father: Genome, _ random: inout RandomStream) -> Genome? {
    var values = father.values.merging(mother.values) { _, own in own }
    let tree: LossTree
    switch self {
    case .constants: (tree, values) = Self.jittered(mother, &random)
    case .point: tree = Self.pointed(mother.tree, &random)
    case .subtree:
      let (place, part) = Self.anyPart(of: mother.tree, &random)
      tree = mother.tree.replacing(place, with: TreeGrowth.grown(part.kind, depth: 3, &random))
    case .hoist:
      let parts = mother.tree.parts.dropFirst().filter { $0.kind == .vector && $0.size > 2 }
      guard !parts.isEmpty else { return nil }
      tree = parts[parts.startIndex + random.below(parts.count)]
    case .insert: tree = Self.inserted(mother.tree, &random)
    case .wrap: tree = Self.blended(mother.tree, father.tree, &random)
    case .crossover:
      let (place, part) = Self.anyPart(of: mother.tree, &random)
      let mates = father.tree.parts.filter { $0.kind == part.kind && $0.size > 1 }
      guard !mates.isEmpty else { return nil }
      tree = mother.tree.replacing(place, with: mates[random.below(mates.count)])
    }
    let simple = tree.simplified
    guard simple.isWellTyped, simple.kind == .vector, simple.isRowwise,
      simple.size <= Self.maximumSize, simple.depth <= Self.maximumDepth
    else { return nil }
    return Genome(simple, values: values)
  }

  // MARK: - Parts

  /// Any part but a condition's numbers, with its number.
  private static func anyPart(
    of tree: LossTree, _ random: inout RandomStream
  ) -> (place: Int, part: LossTree) {
    let parts = tree.parts
    let place = random.below(parts.count)
    return (place, parts[place])
  }

  /// One constant in three moves; at least one, where there is one.
  private static func jittered(
    _ genome: Genome, _ random: inout RandomStream
  ) -> (LossTree, [EvolvedTunable: Double]) {
    var tree = genome.tree
    var values = genome.values
    var movable: [Int?] = []
    for (place, part) in tree.parts.enumerated() {
      if case .constant(let value) = part.head, value != 0 { movable.append(place) }
    }
    // nil stands for a tunable.
    movable += [Int?](repeating: nil, count: values.count)
    guard !movable.isEmpty else {
      // Nothing to tune: give the loss a scale for its margin.
      let places = tree.parts.indices.filter { tree.parts[$0].kind == .vector }
      let place = places[random.below(places.count)]
      let scaled = LossTree.apply(
        .multiply, .constant(rounded(exp(0.7 * random.normal()))), tree.parts[place])
      return (tree.replacing(place, with: scaled), values)
    }
    let chosen = random.below(movable.count)
    for (index, place) in movable.enumerated()
    where index == chosen || random.bernoulli(1 / 3) {
      guard let place, case .constant(let value) = tree.parts[place].head else { continue }
      var moved = value * exp(0.5 * random.normal())
      if random.bernoulli(0.05) { moved = -moved }
      tree = tree.replacing(place, with: .constant(rounded(moved)))
    }
    for tunable in genome.tree.tunables {
      guard let value = values[tunable], random.bernoulli(0.6) else { continue }
      values[tunable] = rounded(value * exp(0.6 * random.normal()))
    }
    return (tree, values)
  }

  private static func pointed(_ tree: LossTree, _ random: inout RandomStream) -> LossTree {
    let (place, part) = anyPart(of: tree, &random)
    var changed = part
    switch part.head {
    case .input(let old):
      let others = LossTree.Input.allCases.filter { $0 != old }
      changed.head = .input(others[random.below(others.count)])
    case .constant, .tunable:
      changed = TreeGrowth.number(&random)
    case .apply(let operation):
      let others = operation.siblings
      guard !others.isEmpty else { return tree }
      changed.head = .apply(others[random.below(others.count)])
    }
    return tree.replacing(place, with: changed)
  }

  private static func inserted(_ tree: LossTree, _ random: inout RandomStream) -> LossTree {
    let places = tree.parts.indices.filter { tree.parts[$0].kind == .vector }
    let place = places[random.below(places.count)]
    let part = tree.parts[place]
    let operations: [LossTree.Operation] = [
      .add, .subtract, .multiply, .multiply, .divide, .minimum, .maximum, .softplus, .sigmoid,
      .tanh, .relu, .square, .abs, .logCosh, .asinh, .atan,
    ]
    let operation = operations[random.below(operations.count)]
    guard operation.arity == 2 else { return tree.replacing(place, with: .apply(operation, part)) }
    let isNumber = operation == .divide || random.bernoulli(0.5)
    let other =
      isNumber ? TreeGrowth.number(&random) : TreeGrowth.grown(.vector, depth: 2, &random)
    return tree.replacing(place, with: .apply(operation, part, other))
  }

  /// `w·a + (1 − w)·b`, by a share, by a gate of the margin, or by a condition.
  private static func blended(
    _ a: LossTree, _ b: LossTree, _ random: inout RandomStream
  ) -> LossTree {
    let one = LossTree.constant(1)
    func mixed(_ weight: LossTree, _ rest: LossTree) -> LossTree {
      .apply(.add, .apply(.multiply, weight, a), .apply(.multiply, rest, b))
    }
    switch random.below(3) {
    case 0:
      let share = LossTree.tunable(.share)
      return mixed(share, .apply(.subtract, one, share))
    case 1:
      let gate = LossTree.apply(.divide, .input(.x), .tunable(.tau))
      return mixed(.apply(.sigmoid, .apply(.negate, gate)), .apply(.sigmoid, gate))
    default:
      return .apply(.select, TreeGrowth.grown(.mask, depth: 2, &random), a, b)
    }
  }

  /// With three digits that count: more would only make a source longer.
  static func rounded(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    let scale = pow(10, 2 - (log10(value.magnitude)).rounded(.down))
    let short = (value * scale).rounded() / scale
    // Through the text, so that 0.1 is the number that is written so.
    return Double(String(format: "%.3g", short)) ?? short
  }
}

/// New parts.
enum TreeGrowth {
  /// A random tree of a kind.
  ///
  /// - Parameter depth: the largest depth.
  static func grown(
    _ kind: LossTree.Kind, depth: Int, _ random: inout RandomStream
  ) -> LossTree {
    switch kind {
    case .number: return number(&random)
    case .mask:
      let operation: LossTree.Operation = random.bernoulli(0.5) ? .less : .greater
      let left = grown(.vector, depth: depth - 1, &random)
      let right =
        random.bernoulli(0.6)
        ? LossTree.constant(random.bernoulli(0.5) ? 0 : TreeVariation.rounded(random.normal()))
        : grown(.vector, depth: depth - 1, &random)
      return .apply(operation, left, right)
    case .vector:
      if depth <= 1 || random.bernoulli(0.25) { return .input(input(&random)) }
      let operations: [(LossTree.Operation, Double)] = [
        (.softplus, 3), (.sigmoid, 3), (.logSigmoid, 0.5), (.tanh, 1.5), (.relu, 2), (.square, 1),
        (.abs, 0.7), (.logCosh, 0.7), (.atan, 0.7), (.asinh, 1), (.normalCDF, 0.7), (.exp, 0.7),
        (.negate, 2), (.add, 2), (.subtract, 2), (.multiply, 3), (.divide, 1), (.minimum, 1),
        (.maximum, 1), (.select, 1.5), (.mean, 0.7), (.standardDeviation, 0.5),
      ]
      let operation = operations[random.categorical(weights(operations))].0
      let operands = operation.operands.enumerated().map { place, kind in
        let isNumber =
          kind == .vector && operation.arity > 1 && (operation == .divide || random.bernoulli(0.3))
        return grown(isNumber && place > 0 ? .number : kind, depth: depth - 1, &random)
      }
      return LossTree(head: .apply(operation), operands: operands)
    }
  }

  private static func weights(_ table: [(LossTree.Operation, Double)]) -> [Double] {
    let sum = table.reduce(0) { $0 + $1.1 }
    return table.map { $0.1 / sum }
  }

  /// A constant around 1, or a tunable.
  static func number(_ random: inout RandomStream) -> LossTree {
    if random.bernoulli(0.25) {
      return .tunable(EvolvedTunable.allCases[random.below(EvolvedTunable.allCases.count)])
    }
    return .constant(TreeVariation.rounded(exp(random.normal())))
  }

  /// The margin above all.
  private static func input(_ random: inout RandomStream) -> LossTree.Input {
    let table: [LossTree.Input] = [.x, .x, .x, .x, .x, .rho, .chosen, .rejected, .preference]
    return table[random.below(table.count)]
  }
}
