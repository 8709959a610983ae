import Losses

extension RunSummary {
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
      /// Policies trained on the task for proposals, the confirmation left out.
      public var trainings: Int
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
    let finalist = finalists?.first
    return .init(
      name: name, proposals: self.proposals, measured: proposals.count,
      trainings: proposals.reduce(0) { $0 + $1.eta.n }, promptTokens: promptTokens,
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

extension RunSummary.EqualBudget {
  /// A table for terminals.
  public var table: String {
    var table = TextTable(
      columns: [
        .left("at equal cost"), .right("proposals"), .right("measured"), .right("trainings"),
        .right("tokens"), .left("best"), .right("search η"), .right("confirmed η"),
        .left("Δ to DPO, fresh seeds [95 %]"),
      ])
    for side in sides {
      table.add([
        side.name, "\(side.proposals)", "\(side.measured)", "\(side.trainings)",
        "\(side.promptTokens + side.completionTokens)", side.best ?? "none",
        side.search.map(Readout.estimate) ?? "", side.confirmed.map(Readout.estimate) ?? "",
        side.confirmedDelta.map(Readout.difference) ?? "",
      ])
    }
    return table.text
  }
}
