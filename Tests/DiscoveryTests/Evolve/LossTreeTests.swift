import Losses
import Testing

@testable import Discovery

/// Trees that evolution may meet: the seeds and some generations of their children, fit or not.
enum Menagerie {
  static func trees(_ count: Int) -> [Genome] {
    var random = RandomStream(seed: 7, purpose: "menagerie")
    var genomes = SeedLosses.all.map(\.genome)
    while genomes.count < count {
      let mother = genomes[random.below(genomes.count)]
      let father = genomes[random.below(genomes.count)]
      if let child = TreeVariation.drawn(&random).child(of: mother, and: father, &random) {
        genomes.append(child)
      }
    }
    return genomes
  }
}

@Suite("Evolved trees")
struct LossTreeTests {
  @Test("A formula that was written is read as the same tree")
  func roundTrip() throws {
    for genome in Menagerie.trees(600) {
      let formula = genome.tree.formula
      #expect(try LossTree(formula: formula) == genome.tree, "\(formula)")
    }
  }

  @Test("Operators bind and group as in Swift")
  func precedence() throws {
    for formula in [
      "x - (rho - 1)", "x - rho - 1", "-(x / tau)", "-x / tau", "x / (rho * 2)", "-(-x)",
      "(x < 0) & !(rho > 1) | (x > 2)",
      "2 - -0.5 * x", "x * (-0.5)", "1e-05 * x", "square(x) - -3 * x",
    ] {
      let wrapped =
        formula.contains("<") ? "select(\(formula), x, rho)" : formula
      let tree = try LossTree(formula: wrapped)
      #expect(try LossTree(formula: tree.formula) == tree, "\(wrapped) became \(tree.formula)")
    }
    let genome = Genome(try LossTree(formula: "x - (rho - 1) - 2"))
    let batch = TreeBatch(chosen: [30], rejected: [10], referenceGap: [0])
    #expect(genome.values(on: batch) == [2 - 19 - 2])
  }

  @Test(
    "What is no formula is told with the place",
    arguments: [
      "", "x +", "foo(x)", "softplus(x", "softplus(x, x)", "x x", "select(x, x, x)", "1 <",
    ])
  func misfits(_ formula: String) {
    #expect(throws: LossmithError.self) { try LossTree(formula: formula) }
  }

  @Test("Simplifying leaves the function as it is and the tree no larger")
  func simplified() {
    for genome in Menagerie.trees(400) {
      var random = RandomStream(seed: 3, purpose: "simplify", UInt64(genome.tree.size))
      // With what simplifying takes away again.
      let padded = LossTree.apply(
        .add, .apply(.multiply, genome.tree, .constant(1)),
        .apply(.subtract, .constant(2), .constant(2)))
      let simple = padded.simplified
      #expect(simple.size <= genome.tree.size, "\(genome.tree.formula)")
      let batch = TreeBatch(
        chosen: (0..<5).map { _ in 8 * random.normal() },
        rejected: (0..<5).map { _ in 8 * random.normal() },
        referenceGap: (0..<5).map { _ in 8 * random.normal() })
      let pairs = zip(
        Genome(padded, values: genome.values).values(on: batch),
        Genome(simple, values: genome.values).values(on: batch))
      for (before, after) in pairs where before.isFinite {
        #expect(abs(before - after) <= 1e-9 * max(1, abs(before)), "\(padded.formula)")
      }
    }
  }

  @Test("What says nothing goes")
  func rules() throws {
    for (long, short) in [
      ("-(-x)", "x"), ("0 + x", "x"), ("1 * x", "x"), ("x * 2", "2 * x"), ("2 * (3 * x)", "6 * x"),
      ("x * x", "square(x)"), ("relu(relu(x))", "relu(x)"), ("abs(square(x))", "square(x)"),
      ("x - -rho", "x + rho"), ("square(-x)", "square(x)"), ("x - x + rho", "rho"),
      ("select(x < 0, rho, rho)", "rho"), ("2 + 3 - 1 + x", "4 + x"), ("-(x - rho)", "rho - x"),
      ("mean(mean(x)) + x", "mean(x) + x"), ("label_smoothing * 0 + x", "x"),
    ] {
      #expect(try LossTree(formula: long).simplified.formula == short)
    }
  }

  @Test("Every variation gives children that differ, fit their kinds and stay small")
  func variations() {
    let genomes = Menagerie.trees(120)
    for variation in TreeVariation.allCases {
      var random = RandomStream(seed: 11, purpose: "variation")
      var changed = 0
      for _ in 0..<200 {
        let mother = genomes[random.below(genomes.count)]
        let father = genomes[random.below(genomes.count)]
        guard let child = variation.child(of: mother, and: father, &random) else { continue }
        #expect(child.tree.isWellTyped && child.tree.isRowwise)
        #expect(child.tree.size <= TreeVariation.maximumSize)
        #expect(child.tree.depth <= TreeVariation.maximumDepth)
        #expect(Set(child.values.keys) == Set(child.tree.tunables))
        for (tunable, value) in child.values { #expect(tunable.range.contains(value)) }
        if child != mother { changed += 1 }
      }
      #expect(changed > 60, "\(variation): \(changed)")
    }
  }
}
