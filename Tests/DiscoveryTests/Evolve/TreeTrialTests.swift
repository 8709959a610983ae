import Losses
import Testing

@testable import Discovery

@Suite("Trying trees before they are compiled")
struct TreeTrialTests {
  private func result(_ formula: String) throws -> TreeTrial.Result {
    TreeTrial.result(of: Genome(try LossTree(formula: formula)))
  }

  private func fingerprint(_ formula: String) throws -> TreeTrial.Fingerprint {
    guard case .fit(let fingerprint) = try result(formula) else {
      throw LossmithError(.candidate, "\(formula) is unfit")
    }
    return fingerprint
  }

  @Test("There are at least 12 seeds, each is fit, and no two are one function")
  func seeds() throws {
    let seeds = SeedLosses.all
    #expect(seeds.count >= 12)
    let prints = try seeds.map { try fingerprint($0.genome.tree.formula) }
    for (index, own) in prints.enumerated() {
      for other in prints[..<index] { #expect(!own.isTwin(of: other), "\(seeds[index].name)") }
    }
  }

  @Test(
    "Losses that cannot teach are turned away",
    arguments: [
      ("softplus(x)", "does not push"), ("0 * x", "constant"), ("exp(-rho)", "overflows"),
      ("exp(exp(-x))", "overflows"), ("log1p(x)", "overflows"), ("mean(x)", "no loss"),
      ("x / standardDeviation(x)", "overflows"), ("-(1 / x)", "overflows"),
    ])
  func unfit(_ formula: String, _ reason: String) throws {
    guard case .unfit(let message) = try result(formula) else {
      Issue.record("\(formula) is fit")
      return
    }
    #expect(message.contains(reason), "\(formula) \(message)")
  }

  @Test("A multiple of a loss, or the loss in other words, is its twin; another loss is not")
  func twins() throws {
    let logistic = try fingerprint("softplus(-x)")
    for twin in ["3 * softplus(-x)", "-logSigmoid(x)", "softplus(-x) + 7", "log1p(exp(-x))"] {
      #expect(try logistic.isTwin(of: fingerprint(twin)), "\(twin)")
    }
    for other in ["softplus(-(1.1 * x))", "softplus(rejected - chosen / 2)", "relu(1 - x)"] {
      #expect(try !logistic.isTwin(of: fingerprint(other)), "\(other)")
    }
  }

  @Test("Gradients of a loss that reads its batch are those of the sum over rows")
  func batchGradient() throws {
    let batch = TreeBatch(chosen: [3, -8, 20], rejected: [1, 9, -4], referenceGap: [0, 0, 0])
    // Σ (x − mean x)·1 has no gradient; Σ mean(x)·2 has 2β for each.
    let centred = Genome(try LossTree(formula: "x - mean(x)")).gradients(on: batch)
    #expect(centred.chosen.allSatisfy { abs($0) < 1e-9 })
    let doubled = Genome(try LossTree(formula: "2 * mean(x) + 0 * x")).gradients(on: batch)
    #expect(doubled.chosen.allSatisfy { abs($0 - 0.2) < 1e-9 })
    #expect(doubled.rejected.allSatisfy { abs($0 + 0.2) < 1e-9 })
  }
}
