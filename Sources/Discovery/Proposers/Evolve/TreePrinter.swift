/// Writes a genome as LossKit source: a named sub-expression a line, as a person would.
struct TreePrinter {
  private let genome: Genome
  private var names: [LossTree: String] = [:]
  private var taken: Set<String> = []
  private var lines: [String] = []

  /// - Parameters:
  ///   - summary: the first line of the source's comment.
  ///   - notes: further paragraphs of it.
  static func source(of genome: Genome, summary: String, notes: [String] = []) -> String {
    var printer = TreePrinter(genome)
    return printer.source(summary: summary, notes: notes)
  }

  /// Words for what a loss is made of, outermost first, each once.
  static func words(for tree: LossTree) -> [String] {
    var words: [String] = []
    tree.visit { part in
      guard case .apply(let operation) = part.head, !operation.isOperator,
        let word = operation == .select ? "branching" : roles[operation], !words.contains(word)
      else { return }
      words.append(word)
    }
    return words
  }

  private init(_ genome: Genome) { self.genome = genome }

  private mutating func source(summary: String, notes: [String]) -> String {
    for input in LossTree.Input.allCases {
      let leaf = LossTree.input(input)
      guard genome.tree.parts.contains(leaf) else { continue }
      let line = Self.inputs[input] ?? input.rawValue
      lines.append("let \(input.rawValue) = \(line)")
      names[leaf] = input.rawValue
      taken.insert(input.rawValue)
    }
    for tunable in genome.tree.tunables {
      names[.tunable(tunable)] = "tunables.\(tunable.rawValue)"
      taken.insert(tunable.rawValue)
    }
    for operand in genome.tree.operands { name(operand) }
    lines.append("return \(shown(genome.tree))")

    var text = Self.comment([summary, "f = \(genome.tree.formula)"] + notes)
    text += "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {\n"
    for line in lines { text += "  \(line)\n" }
    text += "}"
    if !genome.values.isEmpty {
      text += "\n\nlet extraTunables = [\n"
      for tunable in genome.tree.tunables {
        let value = genome.values[tunable] ?? tunable.initial
        let range = "\(tunable.range.lowerBound)...\(tunable.range.upperBound)"
        text +=
          "  Tunable(\"\(tunable.rawValue)\", default: \(value), range: \(range)"
          + (tunable.isLogarithmic ? ", scale: .log),\n" : "),\n")
      }
      text += "]"
    }
    if !genome.tree.readsBatch { text += "\n\nlet claims: Claims = [.rowIndependent]" }
    return text
  }

  /// Gives names to the parts of a tree, the inner ones first, where they are worth one: functions,
  /// conditions and what occurs twice.
  private mutating func name(_ tree: LossTree) {
    if names[tree] != nil { return }
    for operand in tree.operands { name(operand) }
    guard case .apply(let operation) = tree.head, tree.kind != .number else { return }
    let occurrences = genome.tree.parts.filter { $0 == tree }.count
    guard
      !operation.isOperator || tree.kind == .mask || (occurrences > 1 && tree.size > 2)
        || tree.size > 12
    else { return }
    let own = unique(Self.roles[operation] ?? "term")
    lines.append("let \(own) = \(shown(tree))")
    names[tree] = own
  }

  /// A tree with names for those of its parts that have one.
  private func shown(_ tree: LossTree) -> String { tree.formula { names[$0] } }

  private mutating func unique(_ name: String) -> String {
    var own = name
    var number = 2
    while taken.contains(own) {
      own = "\(name)\(number)"
      number += 1
    }
    taken.insert(own)
    return own
  }

  private static let inputs: [LossTree.Input: String] = [
    .x: "tunables.beta * batch.margin",
    .rho: "batch.margin",
    .chosen: "tunables.beta * (batch.policyChosen - batch.referenceChosen)",
    .rejected: "tunables.beta * (batch.policyRejected - batch.referenceRejected)",
    .preference: "batch.policyChosen - batch.policyRejected",
  ]

  /// What a result is called; no name hides a function of LossKit.
  private static let roles: [LossTree.Operation: String] = [
    .exp: "exponential", .log1p: "logarithm", .softplus: "logistic", .sigmoid: "gate",
    .logSigmoid: "logGate", .tanh: "bounded", .relu: "hinge", .square: "squared",
    .abs: "distance", .logCosh: "smooth", .atan: "angle", .asinh: "compressed",
    .normalCDF: "probability", .minimum: "smaller", .maximum: "larger", .less: "isBelow",
    .greater: "isAbove", .both: "holdsBoth", .either: "holdsEither", .not: "holdsNot",
    .select: "branch", .mean: "average", .standardDeviation: "spread",
    .variance: "dispersion",
  ]

  /// Paragraphs as a documentation comment, wrapped.
  private static func comment(_ paragraphs: [String]) -> String {
    var text = ""
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { text += "///\n" }
      var line = "///"
      for word in paragraph.split(separator: " ") {
        if line.count + word.count + 1 > 96, line != "///" {
          text += line + "\n"
          line = "///  "
        }
        line += " " + word
      }
      text += line + "\n"
    }
    return text
  }
}
