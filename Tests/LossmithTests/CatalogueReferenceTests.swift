import Foundation
import Host
import Losses
import Testing

/// The losses of related systems against the shared reference values, which were computed with 40
/// digits from the formulas and are given to 10 or 12.
extension CatalogueTests {
  /// Half a unit in the last of ten digits, and the calculation's own 1e-10.
  static let rounding = 6e-10

  /// Label in the reference file, loss, tunables.
  static let references: [(String, String, [String: Double])] = [
    ("dpo b=.1", "dpo", ["beta": 0.1]),
    ("ipo b=.1 (sum logps)", "ipo", ["beta": 0.1]),
    ("hinge b=.1", "slic", ["beta": 0.1]),
    ("discopop b=.1 tau=.05", "lrml", ["beta": 0.1, "tau": 0.05]),
    ("exo-pref repo b_pi=.5", "exo-pref", ["beta": 0.5]),
    ("exo_pair TRL b=.1 eps=.001", "exo-pair", ["beta": 0.1, "label_smoothing": 0.001]),
    ("RPO cumulative b=.1 eta=.005", "rpo-sum", ["beta": 0.1, "eta": 0.005]),
    ("RPO average b=.1 eta=.2", "rpo-mean", ["beta": 0.1, "eta": 0.2]),
    (
      "AIPO b=.1 a=.1 lam=.05", "aipo", ["beta": 0.1, "alpha": 0.1, "lambda": 0.05, "gamma": 0]
    ),
    ("alpha_dpo b=.1 a=.1", "aipo", ["beta": 0.1, "alpha": 0.1, "lambda": 0, "gamma": 0]),
    ("OODPL repo prob a=.1", "ood-pl", ["alpha": 0.1]),
  ]

  /// The two pairs of the reference.
  static let referencePairs: [String: CatalogueColumn] = [
    "policy_chosen": [-20, -31.5], "policy_rejected": [-26, -30],
    "reference_chosen": [-22, -30.25], "reference_rejected": [-25, -31],
    "chosen_tokens": [10, 15], "rejected_tokens": [12, 9],
  ]

  static func referenceDocument() throws -> [String: Any]? {
    guard let shared = Program.shared else {
      print("reference values: no folder shared/ beside the checkout, nothing compared")
      return nil
    }
    let data = try Data(contentsOf: shared.appendingPathComponent("golden/related.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any]
  }

  /// The numbers of a reference value: strings, or lists of them, one after the other.
  static func numbers(_ value: Any?) -> [Double] {
    switch value {
    case let text as String: Double(text).map { [$0] } ?? []
    case let list as [Any]: list.flatMap(numbers)
    default: []
    }
  }

  @Test("pairwise losses of related systems have the reference values")
  func relatedPairs() throws {
    guard let document = try Self.referenceDocument() else { return }
    for (label, name, tunables) in Self.references {
      let entry = try #require(document[label] as? [String: Any], "\(label)")
      let output = try CatalogueLosses.call(name, Self.referencePairs, tunables)
      for (row, pair) in ["A", "B"].enumerated() {
        let expected = Self.numbers(entry[pair])
        var found = [output.values[row]]
        for column in [LossColumn.policyChosen, .policyRejected] where expected.count > found.count
        {
          found.append(try #require(output.gradients[column])[row])
        }
        expectAgreement(found, expected, "\(label) \(pair)")
      }
    }
  }

  @Test("adaptive scaling has the reference's temperatures, values and slopes")
  func relatedScaling() throws {
    guard let document = try Self.referenceDocument() else { return }
    let tables = try #require(document["APS"] as? [String: [String: [String: String]]])
    #expect(tables.count == 3)
    for (label, rows) in tables {
      let words = label.split(whereSeparator: { $0 == "=" || $0 == " " })
      let radius = try #require(Double(words[1]))
      for (text, row) in rows {
        let x = try #require(Double(text))
        let output = try CatalogueLosses.call(
          "aps",
          [
            "policy_chosen": .flat([x]), "policy_rejected": [0], "reference_chosen": [0],
            "reference_rejected": [0],
          ], ["beta": 1, "radius": radius, "tau_min": 0.1, "tau_max": 5])
        expectAgreement(
          output.values, Self.numbers(row["full_loss_closed"]), "aps, r = \(radius), x = \(x)",
          tolerance: Self.rounding)
        expectAgreement(
          output.gradients[.policyChosen], Self.numbers(row["dL_dx_closed"]), "its slope",
          tolerance: Self.rounding)
      }
    }
  }

  @Test("listwise losses have the reference values")
  func relatedLists() throws {
    guard let document = try Self.referenceDocument() else { return }
    let batch: [String: CatalogueColumn] = [
      "policy": .nested([[-20, -24, -23, -30]]), "reference": .nested([[-22, -23.5, -24, -28]]),
      "scores": .nested([[0.9, 0.7, 0.6, 0.2]]), "mask": .nested([[1, 1, 1, 1]]),
    ]
    let cases: [(String, String, [String: Double])] = [
      ("EXO-rw bpi=.5 br=.5", "exo-rw", ["beta": 0.5, "reward_beta": 0.5]),
      ("DPO-rw bpi=.5 br=.5", "dpo-rw", ["beta": 0.5, "reward_beta": 0.5]),
      ("OPO approxNDCG b=.1 alpha=25", "approx-ndcg", ["beta": 0.1, "alpha": 25]),
      (
        "OPO neuralNDCG b=.1 tau=0.1 (fp64, no .half())", "neural-ndcg",
        ["beta": 0.1, "tau": 0.1]
      ),
      ("OPO neuralNDCG b=.1 tau=1.0 (fp64, no .half())", "neural-ndcg", ["beta": 0.1, "tau": 1]),
      ("ListMLE b=.1", "listmle", ["beta": 0.1]),
      ("DPO all_pairs mean b=.1", "list-dpo", ["beta": 0.1]),
      ("DPO best_with_others mean b=.1", "list-dpo-best", ["beta": 0.1]),
    ]
    for (label, name, tunables) in cases {
      let output = try CatalogueLosses.call(name, batch, tunables)
      let expected = Self.numbers(document[label])
      expectAgreement(
        output.values + (output.gradients[.listPolicy] ?? []), expected, label,
        tolerance: Self.rounding)
    }
    let ndcg = Self.numbers(document["exact NDCG of list"])
    let exact = try CatalogueLosses.call(
      "neural-ndcg", batch, ["beta": 0.1, "tau": 0.0001])
    expectAgreement(exact.values, ndcg.map { -$0 }, "neural-ndcg without softness")
  }

  @Test("cross-entropy has the reference values")
  func relatedClasses() throws {
    guard let document = try Self.referenceDocument() else { return }
    let output = try CatalogueLosses.call(
      "cross-entropy",
      [
        "logits": .nested([[0.3, -1.2, 0.8], [0.3, -1.2, 0.8], [0.3, -1.2, 0.8]]),
        "labels": [0, 1, 2],
      ])
    let values = Self.numbers(document["SPO-shaped CE K=3 logits (.3,-1.2,.8): per class"])
    expectAgreement(output.values, values, "cross-entropy")
    expectAgreement(
      (output.gradients[.logits] ?? []).prefix(3).map { $0 },
      Self.numbers(document["SPO-shaped CE grad for class 0"]), "its gradient")
  }
}
