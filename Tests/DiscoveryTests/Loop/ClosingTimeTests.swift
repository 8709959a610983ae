import Losses
import Testing

@testable import Discovery

@Suite("Time for the end of a run")
struct ClosingTimeTests {
  @Test("Race and confirmation are foreseen by what a training has taken")
  func estimate() throws {
    let fixture = try RunFixture([reply("first", "eta 0.65"), reply("second", "eta 0.7")]) {
      $0.addStages()
    }
    #expect(RunPlan(config: fixture.config).closingSeconds(RunState()) == 0)
    // Of the clock, where the scripted worker says that it took a second.
    fixture.evaluator.onEvaluation = { _ in fixture.clock.advance(by: 0.5) }
    try fixture.start()
    let state = try RunState.fold(try fixture.events())
    func seconds(_ change: (inout SearchPlan) -> Void = { _ in }) -> Double {
      var config = fixture.config
      var plan = SearchPlan()
      change(&plan)
      config.search = plan
      return RunPlan(config: config).closingSeconds(state)
    }
    // Two baselines of 5 seeds and two candidates of 3 took a second each: 4/16 of one a training.
    // The burn-in, cheap stage included, was 4 seconds of a worker in 1 of the clock.
    #expect(abs(state.burnInSeconds - 1) < 1e-12)
    let each = 0.25 * 0.25
    // Two finalists have two seeds before them.
    #expect(abs(seconds() - 4 * each) < 1e-12)
    #expect(abs(seconds { $0.confirmation = [10, 11, 12] } - (4 + 3 * 3) * each) < 1e-12)
    func whole(_ points: Int?) -> Double {
      seconds {
        $0.confirmation = [10, 11, 12]
        $0.comparesAtEqualKL = true
        $0.frontierPoints = points
      }
    }
    // The frontier of DPO has its own policy in it.
    #expect(abs(whole(nil) - (4 + 3 * 7) * each) < 1e-12)
    #expect(abs(whole(9) - (4 + 3 * 11) * each) < 1e-12)
  }

  @Test("A run of some minutes asks for no proposal whose finalists it could not measure")
  func reserved() throws {
    let fixture = try RunFixture((0..<20).map { reply("loss\($0)", "eta 0.\(600 + $0)") }) {
      $0.addStages()
      $0.minutes = 1
    }
    let state = try {
      let short = try RunFixture([reply("a", "eta 0.65")]) { $0.addStages() }
      short.evaluator.onEvaluation = { _ in short.clock.advance(by: 0.5) }
      try short.start()
      var state = try RunState.fold(try short.events())
      (state.isExhausted, state.stop) = (false, nil)
      return state
    }()
    let plan = RunPlan(config: fixture.config)
    let reserve = plan.closingSeconds(state)
    #expect(reserve > 0)
    func asks(at elapsed: Double) -> Bool {
      if case .ask = plan.next(after: state, elapsed: elapsed) { return true }
      return false
    }
    #expect(asks(at: 60 - reserve - 0.01))
    #expect(!asks(at: 60 - reserve + 0.01))
    // However long it takes, three fifths of the minutes are for the search.
    var slow = state
    for index in slow.baselines.indices { slow.baselines[index].record?.seconds = 1e6 }
    slow.burnInSeconds = 1e6
    #expect(plan.closingSeconds(slow) > 60)
    if case .ask = plan.next(after: slow, elapsed: 35.99) {} else { Issue.record("too soon") }
    if case .ask = plan.next(after: slow, elapsed: 36.01) { Issue.record("too late") }
  }
}
