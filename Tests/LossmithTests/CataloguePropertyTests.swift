import Foundation
import Host
import Losses
import Testing

/// What the mathematics says of the pairwise losses, beyond single values.
extension CatalogueTests {
  /// Losses of ρ alone, and of what is no log-probability.
  static let lossesOfTheMargin = [
    "aps", "aqfl", "aqfl-repo", "aql", "aql-repo", "cdpo", "cell", "dbaql", "dbaql-repo", "dpo",
    "exo-pair", "exo-pref", "exp", "gpo-savage", "gpo-squared", "gpo-truncated", "ipo", "lrml",
    "lrml-discovered", "nvidia-rpo", "nvidia-rpo-forward", "nvidia-rpo-squared", "odpo", "padll",
    "r-dpo", "robust", "slic", "weighted-dpo",
  ]

  /// A batch with every pairwise column.
  static let pairs: [String: CatalogueColumn] = [
    "policy_chosen": [-42.5, -31, -55.25, -20.5], "policy_rejected": [-48, -30.5, -40, -21.75],
    "reference_chosen": [-44, -30, -54, -20], "reference_rejected": [-46.5, -33, -43.5, -20],
    "chosen_tokens": [20, 15, 25, 10], "rejected_tokens": [24, 14, 18, 11],
    "chosen_score": [1.5, 0.25, 2, 1], "rejected_score": [0.5, 1, -1, 0.75],
    "score_margin": [1, 0.75, 3, 0.25], "weight": [1, 0.5, 2, 1.25],
  ]

  /// The batch with a number added to some columns.
  static func pairs(adding shift: Double, to names: String...) -> [String: CatalogueColumn] {
    var moved = pairs
    for name in names { moved[name] = .flat(pairs[name]!.values.map { $0 + shift }) }
    return moved
  }

  @Test(
    "a loss of the margin is blind to what moves policy and reference alike, with gradients that cancel"
  )
  func margin() throws {
    for name in Self.lossesOfTheMargin {
      let loss = try CatalogueLosses.open(name)
      let output = try CatalogueLosses.call(loss, Self.pairs)
      for side in ["chosen", "rejected"] {
        let moved = Self.pairs(adding: -3.5, to: "policy_\(side)", "reference_\(side)")
        expectAgreement(
          try CatalogueLosses.call(loss, moved).values, output.values, "\(name), \(side) moved")
      }
      expectAgreement(
        output.gradients[.policyRejected], (output.gradients[.policyChosen] ?? []).map { -$0 },
        "\(name): opposite gradients")
    }
  }

  @Test(
    "the likelihood of the chosen completion is not blind to it", arguments: ["rpo-sum", "aipo"])
  func likelihoodMoves(_ name: String) throws {
    let loss = try CatalogueLosses.open(name)
    let output = try CatalogueLosses.call(loss, Self.pairs)
    let moved = try CatalogueLosses.call(
      loss, Self.pairs(adding: -3.5, to: "policy_chosen", "reference_chosen"))
    for (a, b) in zip(output.values, moved.values) { #expect(abs(a - b) > 1e-4) }
    let chosen = try #require(output.gradients[.policyChosen])
    let rejected = try #require(output.gradients[.policyRejected])
    for (a, b) in zip(chosen, rejected) { #expect(abs(a + b) > 1e-5) }
  }

  /// Two losses that are one at certain tunables: name, tunables, name, tunables, offset.
  typealias Identity = (String, [String: Double], String, [String: Double], Double)

  static let identities: [Identity] = [
    ("aipo", ["alpha": 0, "lambda": 0, "gamma": 0], "dpo", [:], 0),
    // At τ = 1 the scaled loss is DPO plus the price of τ: 0.2 − ln 2.
    ("aps", ["radius": 0.2, "tau_min": 1, "tau_max": 1], "dpo", [:], 0.2 - 0.6931471805599453),
    ("cdpo", ["label_smoothing": 0], "dpo", [:], 0),
    ("robust", ["label_smoothing": 0], "dpo", [:], 0),
    ("rpo-sum", ["eta": 0], "dpo", [:], 0),
    ("rpo-mean", ["eta": 0, "beta": 0.1], "dpo", [:], 0),
    ("rpo-token", ["alpha": 0], "dpo", [:], 0),
    ("rpo-mean", ["eta": 1, "beta": 0.1], "irpo", ["alpha": 1], 0),
    ("odpo", ["alpha": 0], "dpo", [:], 0),
    ("r-dpo", ["alpha": 0], "dpo", [:], 0),
    ("dpop", ["lambda": 0], "dpo", [:], 0),
    ("dpo-alpha", ["alpha": 1], "dpo", [:], 0),
    ("dpo-alpha", ["alpha": 0], "dpo-forward-kl", [:], 0),
    ("alphapo", ["alpha": 0], "simpo", [:], 0),
    ("aqfl-repo", ["beta": 0.05], "aqfl", ["beta": 0.05], 0),
    ("dbaql-repo", ["beta": 0.05], "dbaql", ["beta": 0.05], 0),
    ("lrml-discovered", ["beta": 0.07], "lrml", ["beta": 0.07, "tau": 0.07], 0),
    (
      "mpo",
      ["preference_weight": 0, "quality_weight": 1, "generation_weight": 0, "delta": 0.5],
      "bco-pair", ["delta": 0.5], 0
    ),
    (
      "mpo", ["preference_weight": 0, "quality_weight": 0, "generation_weight": 1], "sft", [:], 0
    ),
  ]

  @Test("losses that are one at certain tunables agree there", arguments: 0..<identities.count)
  func identity(_ index: Int) throws {
    let (a, ta, b, tb, offset) = Self.identities[index]
    let first = try CatalogueLosses.call(a, Self.pairs, ta)
    let second = try CatalogueLosses.call(b, Self.pairs, tb)
    expectAgreement(first.values, second.values.map { $0 + offset }, "\(a) and \(b)")
    for (column, gradient) in second.gradients {
      expectAgreement(first.gradients[column], gradient, "\(a) and \(b): d_\(column.name)")
    }
    // Elsewhere they differ.
    let usual = try CatalogueLosses.call(a, Self.pairs)
    #expect(zip(usual.values, first.values).contains { abs($0 - $1) > 1e-6 })
  }

  @Test(
    "one token a completion makes means sums",
    arguments: [("dpo-norm", "dpo"), ("ipo-norm", "ipo")])
  func tokens(_ normalised: String, _ summed: String) throws {
    var columns = Self.pairs
    columns["chosen_tokens"] = [1, 1, 1, 1]
    columns["rejected_tokens"] = [1, 1, 1, 1]
    expectAgreement(
      try CatalogueLosses.call(normalised, columns).values,
      try CatalogueLosses.call(summed, columns).values, normalised)
    let usual = try CatalogueLosses.call(normalised, Self.pairs).values
    let sums = try CatalogueLosses.call(summed, Self.pairs).values
    #expect(zip(usual, sums).allSatisfy { abs($0 - $1) > 1e-6 })
  }

  @Test("a weight multiplies DPO")
  func weight() throws {
    let dpo = try CatalogueLosses.call("dpo", Self.pairs).values
    expectAgreement(
      try CatalogueLosses.call("weighted-dpo", Self.pairs).values,
      zip(dpo, [1, 0.5, 2, 1.25]).map { $0 * $1 }, "weighted-dpo")
  }

  @Test("DPO of a margin of 0 is ln 2")
  func zero() throws {
    let values = try CatalogueLosses.call(
      "dpo",
      [
        "policy_chosen": [-3], "policy_rejected": [-7], "reference_chosen": [-3],
        "reference_rejected": [-7],
      ]
    ).values
    #expect(values == [0.6931471805599453])
  }

  @Test("reward-aware losses vanish where the implicit margin is the judged one")
  func rewardAware() throws {
    // β·ρ = 0.1·8 and η·(s_c − s_r) = 1·0.8.
    let columns: [String: CatalogueColumn] = [
      "policy_chosen": [-10], "policy_rejected": [-20], "reference_chosen": [-12],
      "reference_rejected": [-14], "chosen_score": [1], "rejected_score": [0.2],
    ]
    for name in ["nvidia-rpo", "nvidia-rpo-forward", "nvidia-rpo-squared"] {
      let output = try CatalogueLosses.call(name, columns)
      #expect(abs(output.values[0]) < 1e-15, "\(name)")
      #expect(abs(output.gradients[.policyChosen]?[0] ?? 1) < 1e-15, "\(name)")
      #expect(try CatalogueLosses.call(name, columns, ["scale": 2]).values[0] > 0.01, "\(name)")
    }
  }

  @Test("adaptive scaling is the least over its temperatures")
  func adaptiveScaling() throws {
    let free = try CatalogueLosses.call("aps", Self.pairs, ["beta": 0.5])
    for tau in [0.2, 0.5, 0.9, 1] {
      let fixed = try CatalogueLosses.call(
        "aps", Self.pairs, ["beta": 0.5, "tau_min": tau, "tau_max": 1])
      for (a, b) in zip(free.values, fixed.values) { #expect(a <= b + 1e-12) }
    }
  }

  @Test(
    "LRML is finite with slope -1 in x, where the published expression is NaN, to margins of 1e8")
  func stableLRML() throws {
    for margin in [1e4, 1e5, 1e8] {
      let output = try CatalogueLosses.call(
        "lrml",
        [
          "policy_chosen": .flat([-margin]), "policy_rejected": [0], "reference_chosen": [0],
          "reference_rejected": [0],
        ], ["beta": 0.1])
      expectAgreement(output.values, [0.1 * margin], "lrml at -\(margin)")
      expectAgreement(output.gradients[.policyChosen], [-0.1], "its slope")
    }
  }
}
