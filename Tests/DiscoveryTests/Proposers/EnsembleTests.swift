import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Ensembles of models")
struct EnsembleTests {
  private func request(_ index: Int, past: [PastReply] = []) -> ProposalRequest {
    var request = ProposalRequest(
      generation: index + 1, attempt: 0, index: index, system: "", opening: "", exchanges: [])
    request.past = past
    return request
  }

  @Test("Weights decide the shares, the seed the order")
  func weights() throws {
    let ensemble = try ModelEnsemble("a=3, org/b:7b = 1", seed: 5)
    let models = (0..<400).map { ensemble.choice(for: request($0)).model }
    let share = Double(models.count { $0 == "a" }) / 400
    #expect(abs(share - 0.75) < 0.07)
    #expect(Set(models) == ["a", "org/b:7b"])
    #expect(models == (0..<400).map { ensemble.choice(for: request($0)).model })
    let other = try ModelEnsemble("a=3,org/b:7b=1", seed: 6)
    #expect(models != (0..<400).map { other.choice(for: request($0)).model })
  }

  @Test("A bandit tries each model once and then asks the one that pays, not always")
  func bandit() throws {
    let ensemble = try ModelEnsemble("poor,good,fair", rule: .bandit)
    let worth = ["poor": 0.1, "good": 0.8, "fair": 0.4]
    var past: [PastReply] = []
    for index in 0..<120 {
      let model = ensemble.choice(for: request(index, past: past)).model
      past.append(PastReply(model: model, payoff: worth[model]))
    }
    #expect(past.prefix(3).map(\.model) == ["poor", "good", "fair"])
    let counts = Dictionary(grouping: past) { $0.model ?? "" }.mapValues(\.count)
    #expect((counts["good"] ?? 0) > 80)
    // Neither of the others is given up for good.
    #expect((counts["poor"] ?? 0) >= 2 && (counts["fair"] ?? 0) >= 2)
    #expect((counts["fair"] ?? 0) > (counts["poor"] ?? 0))
  }

  @Test("Temperatures are taken in turn, by each model for itself")
  func temperatures() throws {
    let ensemble = try ModelEnsemble("a,b", rule: .bandit, temperatures: [0.2, 0.9])
    let past = [
      PastReply(model: "a", payoff: 1), PastReply(model: "b", payoff: 0),
      PastReply(model: "a", payoff: 1), PastReply(model: "a", payoff: nil),
    ]
    #expect(ensemble.choice(for: request(4, past: past)).temperature == 0.9)
    #expect(ensemble.choice(for: request(0)).temperature == 0.2)
    #expect(ModelEnsemble(model: "m").choice(for: request(0)).temperature == nil)
  }

  @Test(
    "What names no models is refused",
    arguments: ["", "a,,b", "a=0", "a=-1", "a=nan", "a=inf", "a=x", "=2", "a,a", "a=1,a=2"])
  func refused(text: String) {
    #expect(throws: LossmithError.self) { _ = try ModelEnsemble(text) }
  }

  @Test("A bandit takes no weights, and a temperature has a range")
  func refusedOptions() throws {
    #expect(throws: LossmithError.self) { _ = try ModelEnsemble("a=2,b", rule: .bandit) }
    for bad in [-0.1, 2.1, .nan, .infinity] {
      #expect(throws: LossmithError.self) { _ = try ModelEnsemble("a", temperatures: [bad]) }
    }
    let text = try ModelEnsemble("a=2,b").text
    #expect(try ModelEnsemble(text).arms == ModelEnsemble("a=2,b").arms)
  }

  @Test("A reply is worth the share of earlier losses that it beats; a failure nothing")
  func payoffs() throws {
    // Baselines: dpo 0.601, slic 0.581 on the mean of three seeds.
    let fixture = try RunFixture([
      reply("best", "eta 0.7"), reply("middle", "eta 0.59"), reply("bad", "compile"),
      reply("worst", "eta 0.1"),
    ])
    fixture.proposer.book = { $0.model = "m" }
    try fixture.start()
    let state = try RunState.fold(try fixture.events())
    let payoffs = state.pastReplies(metric: "reward").map(\.payoff)
    // Best of two baselines; above one of three losses; not built; below all four.
    let third: Double = 1.0 / 3.0
    let expected: [Double?] = [1, third, 0, 0]
    #expect(payoffs == expected)
    #expect(state.pastReplies(metric: "reward").allSatisfy { $0.model == "m" })
  }

  @Test("The chosen model, its temperature and the requests stand in the request and the reply")
  func asked() throws {
    let server = ScriptedServer(.respond(status: 500, body: "{}"), Chat.ok())
    defer { server.stop() }
    let proposer = LLMProposer(
      endpoint: try Chat.endpoint(server.url),
      ensemble: try ModelEnsemble("x,y", rule: .bandit, temperatures: [0.3]),
      prices: PriceBook(models: ["y": .init(input: 1, output: 2)]), sleep: { _ in true })
    let reply = try #require(
      try proposer.propose(request(1, past: [PastReply(model: "x", payoff: 0)])))
    #expect(server.received.allSatisfy { $0.object["model"] as? String == "y" })
    #expect(server.received.last?.object["temperature"] as? Double == 0.3)
    #expect(reply.model == "y")
    #expect(reply.temperature == 0.3)
    #expect(reply.calls == 1)
    // 11 tokens in, 7 out.
    let cost: Double = 25e-6
    #expect(reply.cost == cost)
  }
}
