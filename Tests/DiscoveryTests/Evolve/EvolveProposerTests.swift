import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Evolution")
struct EvolveProposerTests {
  /// A run in which nature is a function of the genome.
  struct Nature {
    var seed: UInt64 = 0
    /// nil for a loss that cannot be measured.
    var fitness: (Genome) -> Double?

    /// The replies of so many proposals, with what each was worth.
    func live(_ count: Int) throws -> [(reply: EvolvedReply, fitness: Double?)] {
      let proposer = EvolveProposer(seed: seed)
      var request = Self.request
      var lived: [(EvolvedReply, Double?)] = []
      for index in 0..<count {
        request.index = index
        let text = try #require(try proposer.propose(request)).text
        let reply = try #require(EvolvedReply(text: text))
        let worth = fitness(try #require(reply.genome))
        request.exchanges.append(.init(reply: text, feedback: ""))
        request.outcomes.append(.init(name: reply.name, lowerBound: worth))
        lived.append((reply, worth))
      }
      return lived
    }

    static let request = ProposalRequest(
      generation: 1, attempt: 0, index: 0, system: "", opening: "", exchanges: [])
  }

  /// How near a loss comes to a goal that no seed is.
  private static func likeness(_ genome: Genome) -> Double {
    let goal = Genome(try! LossTree(formula: "tanh(-(0.6 * x)) + 0.3 * relu(2 - 0.5 * x)"))
    guard let own = TreeTrial.fingerprint(of: genome), let aim = TreeTrial.fingerprint(of: goal)
    else { return -1 }
    return -zip(own.gradients, aim.gradients).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  @Test("Proposals are fit, new, and read as a model's reply is")
  func proposals() throws {
    let lived = try Nature(fitness: { _ in nil }).live(40)
    var prints = SeedLosses.all.compactMap { TreeTrial.fingerprint(of: $0.genome) }
    for (reply, _) in lived {
      let genome = try #require(reply.genome)
      guard case .fit(let own) = TreeTrial.result(of: genome) else {
        Issue.record("\(reply.formula) is unfit")
        continue
      }
      #expect(!prints.contains(where: own.isTwin), "\(reply.formula)")
      prints.append(own)
      let proposal = try ReplyParser().parse(ProposalReply(text: reply.text, source: "evolve"))
      #expect(proposal.code == reply.code)
      #expect(proposal.thought.hasPrefix("Lineage: "))
      #expect(proposal.code.contains("Lineage: "))
      #expect(!reply.parents.isEmpty)
      #expect(CandidateName.slug(reply.name) == reply.name)
    }
    #expect(Set(lived.map(\.reply.name)).count == lived.count)
  }

  @Test("Seed and history alone decide a proposal: a resumed run proposes the same")
  func determinism() throws {
    let first = try Nature(seed: 5, fitness: Self.likeness).live(25)
    let second = try Nature(seed: 5, fitness: Self.likeness).live(25)
    #expect(first.map(\.reply) == second.map(\.reply))
    // A proposer that was not there for the history.
    var request = Nature.request
    request.index = 20
    request.exchanges = try first.prefix(20).map { .init(reply: try $0.reply.text, feedback: "") }
    request.outcomes = first.prefix(20).map { .init(name: $0.reply.name, lowerBound: $0.fitness) }
    let late = try #require(try EvolveProposer(seed: 5).propose(request))
    #expect(EvolvedReply(text: late.text) == first[20].reply)
    // Another seed, another search.
    let other = try Nature(seed: 6, fitness: Self.likeness).live(3)
    #expect(other.map(\.reply) != first.prefix(3).map(\.reply))
  }

  @Test("Selection pays: with a fitness the search comes nearer to a goal than without")
  func selection() throws {
    func late(_ fitness: @escaping (Genome) -> Double?) throws -> (mean: Double, best: Double) {
      let values = try (0..<2).flatMap { seed in
        try Nature(seed: seed, fitness: fitness).live(70).suffix(25).map {
          Self.likeness(try #require($0.reply.genome))
        }
      }
      return (Statistics.mean(values), values.max() ?? -1)
    }
    let selected = try late(Self.likeness)
    let drifting = try late { _ in 0 }
    #expect(selected.mean > drifting.mean + 0.05)
    #expect(selected.best > drifting.best)
  }

  @Test("A measured baseline can be a parent; what failed, and a stranger's reply, never are")
  func parents() throws {
    var request = Nature.request
    request.baselines = [
      .init(name: "dpo", lowerBound: 0.7), .init(name: "no-seed", lowerBound: 9),
    ]
    request.exchanges = [
      .init(reply: "{\"thought\": \"\", \"name\": \"stranger\", \"code\": \"\"}", feedback: "")
    ]
    request.outcomes = [.init(name: "stranger", lowerBound: 5)]
    for index in 1..<40 {
      request.index = index
      let text = try #require(try EvolveProposer(seed: 1).propose(request)).text
      let reply = try #require(EvolvedReply(text: text))
      for parent in reply.parents {
        #expect(SeedLosses.all.contains { $0.name == parent })
      }
    }
  }

  @Test("The lower bound is that of the difference to DPO, and punishes few and uneven seeds")
  func lowerBounds() throws {
    func record(_ values: [Double]) -> EvaluationRecord {
      EvaluationRecord(
        plugin: "p", finding: Finding(.ok), referenceHash: "r",
        seeds: values.enumerated().map { .init(seed: UInt64($0), metrics: ["reward": $1]) },
        seconds: 1)
    }
    var state = RunState()
    func bound(_ values: [Double]) -> Double? {
      state.lowerBound(of: record(values), metric: "reward")
    }
    #expect(bound([0.5]) == 0.5)
    state.baselines = [.init(name: "dpo", record: record([0.6, 0.7, 0.5]))]
    #expect(try abs(#require(bound([0.65, 0.75, 0.55])) - 0.05) < 1e-12)
    // 0.1, 0.2 and 0 above DPO: 0.1 − 2.919986·0.1/√3.
    #expect(
      try abs(#require(bound([0.7, 0.9, 0.5])) - (0.1 - 2.919986 * 0.1 / 3.0.squareRoot())) < 1e-6)
    #expect(try #require(bound([0.65, 0.75, 0.55])) > #require(bound([0.7, 0.9, 0.5])))
    #expect(bound([0.6, 0.7, 0.5]) == 0)
    #expect(try abs(#require(bound([0.7])) - 0.1) < 1e-12)
    #expect(state.lowerBound(of: record([]), metric: "reward") == nil)
  }
}
