import Losses

extension RunSummary {
  /// Policies trained for the proposals of a run, the confirmation left out.
  ///
  /// A training that failed costs what another one costs, so it counts: a loss that failed while it
  /// was trained counts with all seeds that it was to have, a failed further seed as one. A loss that
  /// failed its checks was not trained.
  public struct Trainings: Hashable, Sendable, Codable {
    /// On the task: trials of tunables, first seeds, race.
    public var task: Int
    public var cheapStage: Int
  }

  /// A search and blind sampling side by side: whether feedback earned anything.
  public struct EqualBudget: Hashable, Sendable, Codable {
    /// `search`, then `best-of-n`.
    public var sides: [Side]

    public struct Side: Hashable, Sendable, Codable {
      public var name: String
      /// Replies of the proposer: what the budgets have in common.
      public var proposals: Int
      /// Proposals that were trained on the task.
      public var measured: Int
      public var trainings: Trainings
      public var promptTokens: Int
      public var completionTokens: Int
      public var elapsed: Double
      /// The finalist with the best lower bound, else the best mean; nil when nothing was measured.
      public var best: String?
      public var search: Estimate?
      public var confirmed: Estimate?
      public var confirmedDelta: Difference?
    }
  }

  /// This run as one side of the comparison.
  public func side(named name: String) -> EqualBudget.Side {
    let proposals = measured.filter { !$0.origin.isBaseline }
    let finalist = finalists?.first { $0.confirmed != nil } ?? finalists?.first
    return .init(
      name: name, proposals: self.proposals, measured: proposals.count,
      trainings: trainings ?? Trainings(task: 0, cheapStage: 0), promptTokens: promptTokens,
      completionTokens: completionTokens, elapsed: elapsed,
      best: finalist?.name ?? proposals.first?.name,
      search: finalist?.search ?? proposals.first?.eta, confirmed: finalist?.confirmed,
      confirmedDelta: finalist?.confirmedDelta)
  }

  /// This run beside one that sampled blindly.
  public mutating func compare(with blind: RunSummary) {
    equalBudget = EqualBudget(sides: [side(named: "search"), blind.side(named: "best-of-n")])
  }
}

extension RunState {
  func trainings(_ config: RunConfig) -> RunSummary.Trainings {
    var count = RunSummary.Trainings(task: 0, cheapStage: 0)
    func trained(_ record: EvaluationRecord?, of planned: Int) -> Int {
      guard let record else { return 0 }
      if record.finding.verdict.isOK { return record.seeds.count }
      return record.finding.verdict.cameToTraining ? planned : 0
    }
    for candidate in candidates {
      for trial in candidate.trials where trial.verdict.cameToTraining {
        count.task += trial.seeds.count
      }
      count.task += trained(candidate.record, of: config.candidateSeeds.count)
      count.task += trained(candidate.further, of: 1)
      count.cheapStage += trained(
        candidate.screening?.record, of: config.cheapStage?.seeds.count ?? 0)
    }
    return count
  }
}

extension Verdict {
  /// Whether a loss with this verdict may have been trained: it was built, and did not fail a check of
  /// its values. A crash or a time-out in the checks cannot be told from one in training.
  fileprivate var cameToTraining: Bool {
    switch self {
    case .ok, .diverged, .crashed, .timeout, .violation, .resource: true
    case .failed(let check): check == "eta"
    case .rejected, .duplicate, .hostFault: false
    }
  }
}

extension RunSummary.EqualBudget {
  /// A table for terminals.
  public var table: String {
    let hasCheap = sides.contains { $0.trainings.cheapStage > 0 }
    var table = TextTable(
      columns: [
        .left("at equal cost"), .right("proposals"), .right("measured"), .right("trainings"),
      ] + (hasCheap ? [.right("on the cheap stage")] : []) + [
        .right("tokens"), .left("best"), .right("search η"), .right("confirmed η"),
        .left("Δ to DPO, fresh seeds [95 %]"),
      ])
    for side in sides {
      var cells = [
        side.name, "\(side.proposals)", "\(side.measured)", "\(side.trainings.task)",
      ]
      if hasCheap { cells.append("\(side.trainings.cheapStage)") }
      cells += [
        "\(side.promptTokens + side.completionTokens)", side.best ?? "none",
        side.search.map(Readout.estimate) ?? "", side.confirmed.map(Readout.estimate) ?? "",
        side.confirmedDelta.map(Readout.difference) ?? "",
      ]
      table.add(cells)
    }
    return table.text
  }
}
