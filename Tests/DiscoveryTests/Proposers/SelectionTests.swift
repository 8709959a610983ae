import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("What a proposal is built on")
struct SelectionTests {
  private func loss(
    _ name: String, _ mean: Double, kl: Double? = 1, slopes: String = "---....", index: Int? = nil,
    island: Int? = nil
  ) -> Parent {
    Parent(name: name, mean: mean, kl: kl, slopes: slopes, index: index, island: island)
  }

  /// A run in which a proposal's η is what its number says, and its requests.
  private func run(
    _ selection: String, replies: Int = 8, slopes: [String: String] = [:],
    eta: (Int) -> Double = { 0.6 + 0.01 * Double($0) }
  ) throws -> (requests: [ProposalRequest], state: RunState) {
    let fixture = try RunFixture((0..<replies).map { reply("l\($0)", "eta \(eta($0))") })
    fixture.promptPlan = try PromptPlan(["selection": selection])
    fixture.evaluator.slopes = slopes
    try fixture.start()
    return (fixture.proposer.requests, try RunState.fold(try fixture.events()))
  }

  @Test("Parents are as many as wanted, drawn by rank, and only they are shown")
  func parents() throws {
    let (requests, _) = try run("parents:2")
    for request in requests {
      let parents = try #require(request.basis?.parents)
      #expect(parents.count == 2 && Set(parents).count == 2)
      let proposals = parents.filter { $0.hasPrefix("l") }
      #expect(request.opening.contains("improve"))
      let shown = request.opening.dropFirst("digest: ".count).prefix { $0 != ";" }
      #expect(Set(shown.split(separator: " ").map(String.init)) == Set(proposals))
    }
    #expect(Set(requests.compactMap(\.basis)).count > 1)

    let losses = (0..<10).map { loss("l\($0)", Double($0)) }
    let firsts = (0..<600).map { index in
      var choice = ParentChoice(losses, seed: 1, index: index)
      return choice.parents(1)[0].name
    }
    // Weights 1, ½, … 1/10 sum to 2.93: the best has a third of the draws, and the last has some.
    let best = firsts.count { $0 == "l9" }
    #expect((160...250).contains(best))
    #expect(firsts.contains("l0"))
    var few = ParentChoice([loss("only", 1)], seed: 1, index: 0)
    #expect(few.parents(3).map(\.name) == ["only"])
    var none = ParentChoice([], seed: 1, index: 0)
    #expect(none.parents(2).isEmpty && none.couple().isEmpty)
    #expect(none.elite() == nil)
  }

  @Test("Crossover joins two losses of different slopes, where there are such")
  func crossover() throws {
    let losses =
      (0..<6).map { loss("push\($0)", Double($0 + 1)) } + [loss("pull", 0.1, slopes: "---++++")]
    for index in 0..<50 {
      var choice = ParentChoice(losses, seed: 3, index: index)
      let couple = choice.couple()
      #expect(couple.count == 2)
      #expect(Set(couple.map(\.slopes)).count == 2, "\(couple.map(\.name))")
      // Drawn by rank alone, the last of seven would hardly be among most couples.
      #expect(couple.contains { $0.name == "pull" })
    }
    let (requests, _) = try run("crossover")
    #expect(requests.allSatisfy { $0.basis?.parents.count == 2 && $0.opening.contains("combine") })
  }

  @Test("Islands see their own losses, and after five rounds their neighbour's best")
  func islands() throws {
    let (requests, _) = try run("islands:3", replies: 20)
    #expect(requests.prefix(6).map { $0.basis?.island } == [0, 1, 2, 0, 1, 2])
    func shown(_ index: Int) -> [String] {
      requests[index].opening.dropFirst("digest: ".count).prefix { $0 != ";" }
        .split(separator: " ").map(String.init)
    }
    #expect(shown(3) == ["l0"])
    #expect(shown(4) == ["l1"])
    #expect(shown(12) == ["l0", "l3", "l6", "l9"])
    // Round six: what the island before had by the end of round five; later losses are better and rise.
    #expect(shown(15) == ["l0", "l3", "l6", "l9", "l12", "l14"])
    #expect(shown(16) == ["l1", "l4", "l7", "l10", "l12", "l13"])
    #expect(shown(18) == ["l0", "l3", "l6", "l9", "l12", "l14", "l15"])
  }

  @Test("A niche keeps its best, however much better others are")
  func mapElites() {
    let losses = [
      loss("strong", 0.9, kl: 5), loss("stronger", 0.95, kl: 7), loss("weak", 0.2, kl: 0.3),
      loss("other", 0.1, kl: 5, slopes: "---++++"), loss("weaker", 0.15, kl: 0.3),
    ]
    let choice = ParentChoice(losses, seed: 0, index: 0)
    #expect(choice.elites().map(\.elite.name) == ["stronger", "weak", "other"])
    let drawn = (0..<300).map { index -> String in
      var choice = ParentChoice(losses, seed: 0, index: index)
      return choice.elite()?.name ?? ""
    }
    // Evenly over the niches: the worst loss of all is drawn as often as the best.
    for name in ["stronger", "weak", "other"] {
      let count = drawn.count { $0 == name }
      #expect((70...130).contains(count))
    }
    #expect(!drawn.contains("strong") && !drawn.contains("weaker"))
  }

  @Test("Niches are octaves of KL and signs of the slope")
  func niches() {
    typealias Niche = ParentChoice.Niche
    #expect(Niche(loss("a", 1, kl: 2.1)) == Niche(loss("b", 1, kl: 3.9)))
    #expect(Niche(loss("a", 1, kl: 2.1)) != Niche(loss("b", 1, kl: 4.1)))
    #expect(Niche(loss("a", 1, kl: 0)) == Niche(loss("b", 1, kl: 0.01)))
    #expect(Niche(loss("a", 1, kl: 100)) == Niche(loss("b", 1, kl: 1e9)))
    #expect(Niche(loss("a", 1, kl: nil)).kl == nil)
    #expect(Niche(loss("a", 1, kl: .nan)).kl == nil)
    #expect(Niche(loss("a", 1, kl: 3)).text == "KL 2 to 4 nats, slope ---....")
    #expect(Niche(loss("a", 1, kl: 0.3)).text == "KL 1/4 to 1/2 nats, slope ---....")
    #expect(Niche(loss("a", 1, kl: 0)).text == "KL below 1/8 nats, slope ---....")
    #expect(Niche(loss("a", 1, kl: 500)).text == "KL above 64 nats, slope ---....")
  }

  @Test("The signs are of the slope along the margin; they are measured, journaled and used")
  func slopes() throws {
    #expect(SlopeSigns.text([-1, -0.9, -0.5, -0.4, -0.1, -0.0005, 0.7]) == "-----.+")
    #expect(SlopeSigns.text([0, 0, 0, 0, 0, 0, 0]) == ".......")
    #expect(SlopeSigns.text([1]) == SlopeSigns.unknown)
    #expect(SlopeSigns.text([-1, .nan, -1, -1, -1, -1, -1]) == SlopeSigns.unknown)
    let down = [Double](repeating: -0.5, count: 7)
    let slopes = SlopeSigns.slopes(["policy_chosen": down, "policy_rejected": down.map { -$0 }])
    #expect(slopes == down)

    let (requests, state) = try run(
      "map-elites", slopes: ["dpo": "-------", "l0": "---++++", "l1": "-------"])
    #expect(state.opening?.slopes?["dpo"] == "-------")
    #expect(state.candidates.first?.library?.slopes == "---++++")
    #expect(requests[1].opening.contains("slope ---++++: l0"))
    // l1 beats dpo in its niche.
    #expect(requests[2].opening.contains("slope -------: l1"))
    #expect(!requests[2].opening.contains(": dpo"))
    // Nobody measures what nobody needs.
    let plain = try run("parents:1").state
    #expect(plain.opening?.slopes == nil && plain.candidates.first?.library?.slopes == nil)
  }

  @Test(
    "A resumed run asks what it would have asked",
    arguments: [
      "parents:2", "crossover", "islands:2", "map-elites",
    ])
  func resumed(selection: String) throws {
    func fixture() throws -> RunFixture {
      let fixture = try RunFixture(eventfulScript)
      fixture.promptPlan = try PromptPlan(["selection": selection, "search-seed": "4"])
      return fixture
    }
    let whole = try fixture()
    try whole.start()
    let interrupted = try fixture()
    interrupted.proposer.errors = [5: LossmithError(.interrupted, "Ctrl-C")]
    try interrupted.start()
    try interrupted.goOn()
    let requests = interrupted.proposer.requests
    #expect(requests[5].opening == requests[6].opening && requests[5].basis == requests[6].basis)
    #expect(undisturbed(try interrupted.events()) == undisturbed(try whole.events()))
    // A second try of a generation is built on what its first one was.
    let tries = Dictionary(grouping: whole.proposer.requests) { $0.generation }
    #expect(tries.values.contains { $0.count > 1 })
    #expect(tries.values.allSatisfy { Set($0.map(\.basis)).count == 1 })
  }
}
