import Losses
import Testing

@testable import Discovery

@Suite("Tuning by successive halving")
struct SuccessiveHalvingTests {
  static let beta = Tunable(name: "beta", minimum: 0.03, maximum: 1, initial: 0.1)

  static func run(
    _ halving: SuccessiveHalving, _ eta: ([String: Double], UInt64) -> Double?
  ) -> (chosen: [String: Double], trials: [JournalEvent.Trial]) {
    var trials: [JournalEvent.Trial] = []
    while true {
      switch halving.next(after: trials) {
      case .chosen(let chosen): return (chosen, trials)
      case .trial(let setting, let seeds):
        let etas = seeds.compactMap { eta(setting, $0) }
        trials.append(
          .init(
            tunables: setting, seeds: seeds, etas: etas,
            verdict: etas.isEmpty ? .diverged(step: 1) : .ok))
      }
    }
  }

  @Test("the grid begins with the defaults and keeps to the ranges")
  func grid() {
    let other = Tunable(name: "shift", minimum: -1, maximum: 1, initial: 0)
    let count = Tunable(name: "n", minimum: 1, maximum: 9, initial: 3, isInteger: true)
    let grid = SuccessiveHalving.grid([Self.beta, other, count], start: ["beta": 0.2])
    #expect(grid.first == ["beta": 0.2, "shift": 0, "n": 3])
    #expect(grid.dropFirst().map { $0["beta"] } == [0.05, 0.1, 0.4, 0.8, 0.2, 0.2, 0.2, 0.2])
    #expect(Set(grid.map { $0["shift"] }) == [0, -0.5, 0.5])
    #expect(Set(grid.map { $0["n"] }) == [3, 2, 6])
    #expect(SuccessiveHalving.grid([], start: [:]) == [[:]])
  }

  @Test("finds the best setting with few trainings, each on its own seeds")
  func best() {
    let halving = SuccessiveHalving(
      tunables: [Self.beta], start: [:], fixed: [], seeds: [7, 8, 9])
    let (chosen, trials) = Self.run(halving) { setting, seed in
      // The first seed misleads a little.
      -abs((setting["beta"] ?? 0) - (seed == 7 ? 0.09 : 0.05))
    }
    #expect(chosen == ["beta": 0.05])
    #expect(trials.map(\.seeds) == [[7], [7], [7], [7], [8], [8]])
  }

  @Test("equal settings keep the defaults; failures are out; nothing tunable needs nothing")
  func edges() {
    let halving = SuccessiveHalving(
      tunables: [Self.beta], start: [:], fixed: [], seeds: [7, 8])
    #expect(Self.run(halving) { _, _ in 0.5 }.chosen == ["beta": 0.1])
    #expect(
      Self.run(halving) { setting, _ in setting["beta"] == 0.1 ? nil : setting["beta"] }.chosen == [
        "beta": 0.4
      ])
    #expect(Self.run(halving) { _, _ in nil }.chosen == ["beta": 0.1])
    let none = SuccessiveHalving(
      tunables: [Self.beta], start: [:], fixed: ["beta"], seeds: [7])
    #expect(none.next(after: []) == .chosen([:]))
  }
}
