/// The published losses that evolution starts from, by their names in the catalogue.
///
/// Each is written on the implicit rewards of ``LossTree/Input``. Factors that only scale a loss are
/// left out where they would hide its form, as are terms of AQL and AQFL that hardly move.
enum SeedLosses {
  static let formulas: [(name: String, formula: String)] = [
    ("dpo", "softplus(-x)"),
    ("slic", "relu(1 - x)"),
    ("ipo", "square(x - 0.5)"),
    ("exp", "exp(-x)"),
    ("gpo-truncated", "square(relu(1 - x))"),
    ("gpo-savage", "square(sigmoid(-x))"),
    ("cdpo", "(1 - label_smoothing) * softplus(-x) + label_smoothing * softplus(x)"),
    ("robust", "softplus(-x) - label_smoothing / (1 - 2 * label_smoothing) * x"),
    ("focal-dpo", "square(sigmoid(-x)) * softplus(-x)"),
    ("cell", "0.5 * exp(-x) + 0.5 * softplus(-x)"),
    ("lrml", "sigmoid(-(x / tau)) * softplus(-x) + exp(logSigmoid(x / tau) - x)"),
    ("padll", "select(rho < 0, 0.45, 0.9) * softplus(-x)"),
    (
      "aql",
      "sigmoid(0.05 - x) * softplus(-x) + sigmoid(x - 0.05) * relu(1 - x)"
    ),
    (
      "aqfl",
      """
      sigmoid(0.1 * abs(rho - 0.95 * standardDeviation(rho) * mean(sigmoid(-rho)))) * softplus(-x) \
      + sigmoid(-(0.1 * abs(rho - 0.95 * standardDeviation(rho) * mean(sigmoid(-rho))))) \
      * relu(1 - x)
      """
    ),
    (
      "dbaql",
      """
      sigmoid(variance(rho)) * softplus(-(x / 0.9)) + exp(logSigmoid(-variance(rho)) - 0.9 * x)
      """
    ),
    ("pfl", "select(preference > 0, 0.5 * softplus(-rho), 2 * relu(1 - rho))"),
    ("sppo-hard", "square(chosen - 0.5) + square(rejected + 0.5)"),
    (
      "kto-pair",
      "sigmoid(relu(mean(rejected)) - chosen) + sigmoid(rejected - relu(mean(chosen)))"
    ),
    ("bco-pair", "softplus(target - chosen) + softplus(rejected - target)"),
    ("apo-zero", "sigmoid(-chosen) + sigmoid(rejected)"),
    ("margin", "softplus(target - x)"),
    ("probit", "normalCDF(-x)"),
  ]

  /// The trees of the table.
  static let all: [Seed] = formulas.map { name, formula in
    do {
      return Seed(name: name, genome: Genome(try LossTree(formula: formula)))
    } catch {
      preconditionFailure("seed \(name): \(error)")
    }
  }

  struct Seed: Sendable {
    var name: String
    var genome: Genome
  }
}

/// A tree with a value for each of its tunables: all that makes a loss, and all that is inherited.
struct Genome: Hashable, Sendable {
  var tree: LossTree
  /// Exactly those of the tree.
  private(set) var values: [EvolvedTunable: Double]

  /// - Parameter values: kept within their ranges; a tunable without one has its initial value.
  init(_ tree: LossTree, values: [EvolvedTunable: Double] = [:]) {
    self.tree = tree
    self.values = Dictionary(
      uniqueKeysWithValues: tree.tunables.map { tunable in
        let value = values[tunable] ?? tunable.initial
        return (tunable, min(max(value, tunable.range.lowerBound), tunable.range.upperBound))
      })
  }
}
