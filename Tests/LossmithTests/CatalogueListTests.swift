import Foundation
import Host
import Losses
import Testing

/// What the mathematics says of the listwise and classification losses, beyond single values.
extension CatalogueTests {
  static let listwise = [
    "approx-ndcg", "dpo-rw", "exo-rw", "list-dpo", "list-dpo-best", "listmle", "neural-ndcg",
  ]

  static func list(
    _ ratios: [[Double]], scores: [[Double]], mask: [[Double]]? = nil
  ) -> [String: CatalogueColumn] {
    [
      "policy": .nested(ratios.map { $0.map { $0 - 40 } }),
      "reference": .nested(ratios.map { $0.map { _ in -40 } }), "scores": .nested(scores),
      "mask": .nested(mask ?? ratios.map { $0.map { _ in 1 } }),
    ]
  }

  @Test("EXO on lists is 0 where the policy's softmax is the scores', and nowhere else")
  func exoVanishes() throws {
    // β·d = 0.5·d and scores/0.5 differ by a constant of the list.
    let scores = [0.5, 1.25, -0.75, 2]
    let right = scores.map { 4 * $0 + 3 }
    let output = try CatalogueLosses.call("exo-rw", Self.list([right], scores: [scores]))
    #expect(abs(output.values[0]) < 1e-14)
    #expect(output.gradients[.listPolicy]?.allSatisfy { abs($0) < 1e-14 } == true)
    for place in 0..<4 {
      var wrong = right
      wrong[place] += 0.5
      let moved = try CatalogueLosses.call("exo-rw", Self.list([wrong], scores: [scores]))
      #expect(moved.values[0] > 1e-4)
    }
  }

  @Test(
    "NDCG losses lie in [-1, 0] and reach -1 for the right order",
    arguments: ["approx-ndcg", "neural-ndcg"])
  func ndcg(_ name: String) throws {
    let loss = try CatalogueLosses.open(name)
    var random = RandomStream(seed: 11, purpose: "ndcg")
    for _ in 0..<50 {
      let ratios = (0..<6).map { _ in 40 * random.uniform() - 20 }
      let scores = (0..<6).map { _ in 4 * random.uniform() }
      let value = try CatalogueLosses.call(loss, Self.list([ratios], scores: [scores])).values[0]
      #expect(value >= -1 - 1e-9 && value <= 0)
    }
    let sharp: [String: Double] = name == "approx-ndcg" ? ["alpha": 1000] : ["tau": 0.0001]
    let order = Self.list([[50, 30, 10, -10]], scores: [[3, 2, 1, 0.5]])
    expectAgreement(
      try CatalogueLosses.call(loss, order, sharp).values, [-1], "\(name), right order")
    let reversed = Self.list([[-50, -30, -10, 10]], scores: [[3, 2, 1, 0.5]])
    #expect(try CatalogueLosses.call(loss, reversed, sharp).values[0] > -0.75)
    // No gain anywhere: nothing to rank.
    let flat = Self.list([[1, 2, 3]], scores: [[0, 0, 0]])
    let output = try CatalogueLosses.call(loss, flat)
    #expect(output.values == [0])
    #expect(output.gradients[.listPolicy] == [0, 0, 0])
  }

  @Test("values of allRank's public tests")
  func allRank() throws {
    let approx = try CatalogueLosses.call(
      "approx-ndcg", Self.list([[0.5, 0.3, 0.5]], scores: [[0.5, 0.3, 0.5]]),
      ["beta": 1, "alpha": 1])
    #expect(abs(approx.values[0] + 0.8499219417) < 1e-7)
    let padded = try CatalogueLosses.call(
      "approx-ndcg",
      Self.list([[0.5, 0.3, 0.5, 9]], scores: [[0.5, 0.3, 0.5, 9]], mask: [[1, 1, 1, 0]]),
      ["beta": 1, "alpha": 1])
    expectAgreement(padded.values, approx.values, "padding")
    let neural = try CatalogueLosses.call(
      "neural-ndcg",
      Self.list([[0.5, 0.2, 0.1, 0.4, 1, -1, 0.63]], scores: [[1, 2, 2, 4, 1, 4, 3]]),
      ["beta": 1, "tau": 0.0001])
    #expect(abs(neural.values[0] + 0.6302896357) < 1e-9)
  }

  @Test("a list of two is a pair", arguments: ["list-dpo", "list-dpo-best", "listmle"])
  func pair(_ name: String) throws {
    let output = try CatalogueLosses.call(
      name, Self.list([[2.5, -1], [0.5, 3]], scores: [[1, 0], [2, -1]]), ["beta": 0.1])
    let dpo = try CatalogueLosses.call(
      "dpo",
      [
        "policy_chosen": [-37.5, -39.5], "policy_rejected": [-41, -37],
        "reference_chosen": [-40, -40], "reference_rejected": [-40, -40],
      ], ["beta": 0.1])
    expectAgreement(output.values, dpo.values, name)
    let chosen = try #require(dpo.gradients[.policyChosen])
    expectAgreement(
      output.gradients[.listPolicy], [chosen[0], -chosen[0], chosen[1], -chosen[1]], name)
  }

  @Test("the order of the completions in a list does not matter", arguments: listwise)
  func permutation(_ name: String) throws {
    let loss = try CatalogueLosses.open(name)
    let (ratios, scores) = ([2, -0.5, 1, -2.25], [0.9, 0.7, 0.6, 0.2])
    let order = [2, 0, 3, 1]
    let output = try CatalogueLosses.call(loss, Self.list([ratios], scores: [scores]))
    let moved = try CatalogueLosses.call(
      loss, Self.list([order.map { ratios[$0] }], scores: [order.map { scores[$0] }]))
    expectAgreement(moved.values, output.values, name)
    let gradient = try #require(output.gradients[.listPolicy])
    expectAgreement(moved.gradients[.listPolicy], order.map { gradient[$0] }, "\(name): gradient")
  }

  @Test("what is padding does not count, whatever it holds", arguments: listwise)
  func padding(_ name: String) throws {
    let loss = try CatalogueLosses.open(name)
    let (ratios, scores) = ([2, -0.5, 1], [0.9, 0.7, 0.6])
    let output = try CatalogueLosses.call(loss, Self.list([ratios], scores: [scores]))
    for (ratio, score) in [(9.0, 9.0), (-1e6, -3), (0, 0)] {
      let padded = try CatalogueLosses.call(
        loss,
        Self.list([ratios + [ratio]], scores: [scores + [score]], mask: [[1, 1, 1, 0]]))
      expectAgreement(padded.values, output.values, name)
      expectAgreement(
        padded.gradients[.listPolicy], (output.gradients[.listPolicy] ?? []) + [0], name)
    }
  }

  @Test("classification losses without their extra are cross-entropy")
  func crossEntropy() throws {
    let columns: [String: CatalogueColumn] = [
      "logits": .nested([[0.3, -1.2, 0.8], [4, 2, -3], [0, 0, 0]]), "labels": [0, 1, 2],
    ]
    let plain = try CatalogueLosses.call("cross-entropy", columns)
    expectAgreement(Array(plain.values.suffix(1)), [1.0986122886681098], "ln 3")
    let identities: [(String, [String: Double])] = [
      ("cross-entropy-smoothed", ["label_smoothing": 0]),
      ("cross-entropy-tempered", ["temperature": 1]), ("focal", ["gamma": 0]),
      ("cross-entropy-squared", ["weight": 0]),
      ("cross-entropy-tempered-smoothed", ["temperature": 1, "label_smoothing": 0]),
    ]
    for (name, tunables) in identities {
      let output = try CatalogueLosses.call(name, columns, tunables)
      expectAgreement(output.values, plain.values, name)
      expectAgreement(output.gradients[.logits], plain.gradients[.logits] ?? [], name)
      let usual = try CatalogueLosses.call(name, columns).values
      #expect(zip(usual, plain.values).contains { abs($0 - $1) > 1e-3 }, "\(name)")
    }
    let squared = try CatalogueLosses.call("cross-entropy-squared", columns, ["weight": 1])
    expectAgreement(
      squared.values, try CatalogueLosses.call("squared-error", columns).values, "squared error")
  }

  @Test("classification losses do not see a constant added to the logits")
  func shift() throws {
    for name in try CatalogueLosses.names() {
      let loss = try CatalogueLosses.open(name)
      guard loss.descriptor.family == .classification else { continue }
      func call(_ shift: Double) throws -> LossOutput {
        try CatalogueLosses.call(
          loss,
          [
            "logits": .nested([[0.25 + shift, -1.25 + shift, 0.75 + shift]]), "labels": [1],
          ])
      }
      let output = try call(0)
      expectAgreement(try call(16).values, output.values, name)
      let sum = (output.gradients[.logits] ?? [1]).reduce(0, +)
      #expect(abs(sum) < 1e-15, "\(name)")
    }
  }
}
