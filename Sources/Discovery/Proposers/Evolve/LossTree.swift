/// A pairwise loss as an expression: what ``EvolveProposer`` breeds.
///
/// A tree is typed (``Kind``): numbers, vectors of one element a pair, masks of comparisons. Two trees
/// are equal when they are written alike.
struct LossTree: Hashable, Sendable {
  /// What a tree stands for.
  enum Kind: Hashable, Sendable {
    /// A constant or a tunable, known before the batch is.
    case number
    /// A value for each pair; a batch statistic stands for the same value in each.
    case vector
    /// 1 or 0 for each pair.
    case mask
  }

  /// What a tree begins with.
  enum Head: Hashable, Sendable {
    case input(Input)
    case constant(Double)
    case tunable(EvolvedTunable)
    case apply(Operation)
  }

  /// What a tree may read of the batch. The raw value is its name in formulas.
  enum Input: String, Hashable, Sendable, CaseIterable {
    /// β·ρ, the margin of the implicit rewards.
    case x
    /// ρ, in nats.
    case rho
    /// β·(π_c − ref_c), the implicit reward of the chosen completion.
    case chosen
    /// β·(π_r − ref_r), that of the rejected one.
    case rejected
    /// π_c − π_r: how the policy ranks, whatever the reference says.
    case preference
  }

  var head: Head
  var operands: [LossTree] = []

  static func input(_ input: Input) -> LossTree { LossTree(head: .input(input)) }
  static func constant(_ value: Double) -> LossTree { LossTree(head: .constant(value)) }
  static func tunable(_ tunable: EvolvedTunable) -> LossTree { LossTree(head: .tunable(tunable)) }
  static func apply(_ operation: Operation, _ operands: LossTree...) -> LossTree {
    LossTree(head: .apply(operation), operands: operands)
  }

  /// What the tree stands for. Arithmetic on numbers alone is a number.
  var kind: Kind {
    switch head {
    case .input: .vector
    case .constant, .tunable: .number
    case .apply(let operation):
      operation.isArithmetic && operands.allSatisfy { $0.kind == .number }
        ? .number : operation.result
    }
  }

  /// Whether every operand is of a kind that its place takes.
  var isWellTyped: Bool {
    guard case .apply(let operation) = head else { return operands.isEmpty }
    guard operands.count == operation.arity else { return false }
    let fits = zip(operation.operands, operands).allSatisfy { place, operand in
      place == operand.kind || (place == .vector && operand.kind == .number)
    }
    // A function of a number, or a comparison of two, would be a constant in disguise.
    let varies =
      operation.isArithmetic || operands.contains { $0.kind == .vector }
      || operation.operands.contains(.mask)
    return fits && varies && operands.allSatisfy(\.isWellTyped)
  }

  /// Whether a value differs from pair to pair: a statistic of the batch alone is no loss.
  var isRowwise: Bool {
    switch head {
    case .input: true
    case .constant, .tunable: false
    case .apply(let operation):
      !operation.isStatistic && operands.contains(where: \.isRowwise)
    }
  }

  /// Whether some part looks at the whole batch.
  var readsBatch: Bool {
    if case .apply(let operation) = head, operation.isStatistic { return true }
    return operands.contains(where: \.readsBatch)
  }

  /// Heads in the tree.
  var size: Int { operands.reduce(1) { $0 + $1.size } }

  var depth: Int { 1 + (operands.map(\.depth).max() ?? 0) }

  /// The tunables that occur, in the order of their names.
  var tunables: [EvolvedTunable] {
    var found: Set<EvolvedTunable> = []
    visit { if case .tunable(let tunable) = $0.head { found.insert(tunable) } }
    return found.sorted { $0.rawValue < $1.rawValue }
  }

  /// The tree and all its parts, parents before their operands.
  func visit(_ body: (LossTree) -> Void) {
    body(self)
    for operand in operands { operand.visit(body) }
  }

  /// The parts in the order of ``visit(_:)``: 0 is the tree itself.
  var parts: [LossTree] {
    var parts: [LossTree] = []
    visit { parts.append($0) }
    return parts
  }

  /// The tree with another part in place of that of a number in ``parts``.
  func replacing(_ index: Int, with part: LossTree) -> LossTree {
    var place = index
    return replaced(&place, part)
  }

  private func replaced(_ place: inout Int, _ part: LossTree) -> LossTree {
    if place == 0 {
      place = -1
      return part
    }
    if place < 0 { return self }
    place -= 1
    var copy = self
    for index in copy.operands.indices {
      copy.operands[index] = copy.operands[index].replaced(&place, part)
      if place < 0 { break }
    }
    return copy
  }
}

/// A scalar that a tree may read and that its plug-in declares, so that a person can tune it.
enum EvolvedTunable: String, Hashable, Sendable, CaseIterable {
  case tau
  case label_smoothing
  case target
  case share

  /// Where a bred value starts.
  var initial: Double {
    switch self {
    case .tau: 0.05
    case .label_smoothing: 0.1
    case .target: 0.5
    case .share: 0.5
    }
  }

  /// What a bred value is kept within, and what the plug-in declares.
  var range: ClosedRange<Double> {
    switch self {
    case .tau: 0.001...1
    case .label_smoothing: 0.001...0.45
    case .target: 0.01...10
    case .share: 0.02...0.98
    }
  }

  /// Whether a search should step by factors.
  var isLogarithmic: Bool { self == .tau || self == .target }
}
