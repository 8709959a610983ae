import Discovery
import Report

/// What a run's time and tokens went to, read off its journal.
///
/// The clock runs from event to event; the time before an event belongs to what it ends. So the parts
/// add up to the run's whole time, whatever kinds of events there are, but for a generation that took
/// less than ten milliseconds and is left out.
enum RunLedger {
  static func read(_ events: [JournalEvent]) -> [RunModel.Cost] {
    var costs: [Int: RunModel.Cost] = [:]
    var before = 0.0
    for event in events {
      let generation = event.place.generation ?? 0
      var cost = costs[generation] ?? RunModel.Cost(generation: generation)
      let seconds = max(0, event.elapsed - before)
      before = event.elapsed
      if seconds > 0 { cost.seconds[spending(event.body), default: 0] += seconds }
      // A reply that is replayed was paid by another run.
      if case .received(let reply) = event.body, reply.calls != 0 {
        cost.promptTokens += reply.promptTokens ?? 0
        cost.completionTokens += reply.completionTokens ?? 0
        if let dollars = ReplyFacts(reply).dollars { cost.dollars = (cost.dollars ?? 0) + dollars }
      }
      costs[generation] = cost
    }
    // A generation that only began, such as one whose proposer had nothing to say.
    let shown = costs.values.filter { $0.generation == 0 || $0.seconds.values.reduce(0, +) > 0.01 }
    return shown.sorted { $0.generation < $1.generation }
  }

  private static func spending(_ event: JournalEvent.Body) -> RunModel.Spending {
    switch event {
    case .received, .exhausted, .attempted, .repeated: .proposer
    case .built, .refused: .build
    case .screened, .fingerprinted, .catalogueProbed: .screen
    case .evaluated, .extended, .baselineEvaluated, .trial, .confirmed: .train
    default: .other
    }
  }
}
