import Losses

/// Why a run stopped.
public enum StopReason: String, Hashable, Sendable, Codable, CaseIterable {
  /// All generations asked for are done.
  case generations
  /// The time is used up.
  case minutes
  /// The next request might cost more than the budget has left.
  case budgetUSD, budgetTokens, budgetCalls
  /// Too many generations in a row without a better mean.
  case patience
  /// The proposer has nothing more to say.
  case exhausted
  /// Too many proposals in a row failed alike.
  case breaker
  /// The proposer cannot be reached or answers with errors only.
  case proposer
  /// A fault of ours or of the machine, twice in a row.
  case hostFault
  /// The user pressed Ctrl-C.
  case interrupted

  /// Whether the run has reached the end that its configuration names; resuming adds nothing.
  public var isEnd: Bool {
    switch self {
    case .generations, .minutes, .patience, .exhausted: true
    case .breaker, .proposer, .hostFault, .interrupted: false
    case .budgetUSD, .budgetTokens, .budgetCalls: false
    }
  }

  /// Whether it is a limit on spending, which a later session may raise.
  public var isBudget: Bool {
    switch self {
    case .minutes, .budgetUSD, .budgetTokens, .budgetCalls: true
    default: false
    }
  }

  /// Whether nothing went wrong: the finalists get their further seeds.
  public var isOrderly: Bool { isEnd || isBudget }

  /// A sentence for people.
  public var sentence: String {
    switch self {
    case .generations: "All generations are done."
    case .minutes: "The time is used up."
    case .budgetUSD: "The next request might cost more than the budget in dollars has left."
    case .budgetTokens: "The next request might take more tokens than the budget has left."
    case .budgetCalls: "The budget of requests to the endpoint is used up."
    case .patience: "The best mean has not risen for as many generations as the run waits."
    case .exhausted: "The proposer has nothing more to propose."
    case .breaker: "Too many proposals in a row failed alike."
    case .proposer: "The proposer cannot go on."
    case .hostFault: "A fault of the machine or of Lossmith stopped the run."
    case .interrupted: "The run was interrupted."
    }
  }
}
