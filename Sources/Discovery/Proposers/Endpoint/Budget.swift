import Losses

/// What a run may spend; nil where there is no limit.
///
/// A limit ends the asking, not the run for good: a later session may raise it.
public struct Budget: Hashable, Sendable, Codable {
  /// US dollars, over all sessions.
  public var usd: Double?
  /// Tokens of prompts and replies together, over all sessions.
  public var tokens: Int?
  /// Requests to the endpoint, failed ones included, over all sessions.
  public var calls: Int?
  /// Minutes of work, over all sessions.
  public var minutes: Double?

  public init(
    usd: Double? = nil, tokens: Int? = nil, calls: Int? = nil, minutes: Double? = nil
  ) {
    self.usd = usd
    self.tokens = tokens
    self.calls = calls
    self.minutes = minutes
  }

  public var isEmpty: Bool { self == Budget() }

  /// With the limits that a later session names in place of these.
  func raised(by other: Budget?) -> Budget {
    Budget(
      usd: other?.usd ?? usd, tokens: other?.tokens ?? tokens, calls: other?.calls ?? calls,
      minutes: other?.minutes ?? minutes)
  }

  /// - Throws: `LossmithError` (`usage`) for a limit that is no finite number above 0.
  public func validate() throws(LossmithError) {
    func require(_ value: Double?, _ flag: String) throws(LossmithError) {
      guard let value, !(value > 0 && value.isFinite) else { return }
      throw LossmithError(
        .usage, "The budget must be a finite number above 0.", at: flag,
        remedy: "Give a number such as 10.")
    }
    try require(usd, "--budget-usd")
    try require(tokens.map(Double.init), "--budget-tokens")
    try require(calls.map(Double.init), "--budget-calls")
    try require(minutes, "--minutes")
  }

  /// Why no further request may be made; nil while one may.
  ///
  /// A request is not made that would go beyond the budget if it cost as much as the dearest one so
  /// far: only the first of a run can exceed it. Nor is one made under a budget in dollars once a reply
  /// has no price.
  func stop(after state: RunState) -> StopReason? {
    guard usd != nil || tokens != nil || calls != nil else { return nil }
    let ledger = Ledger(of: state)
    let dearest = Ledger.Dearest(of: state)
    if let usd {
      // What costs nobody knows how much cannot be kept within a budget.
      guard let spent = ledger.usd else { return .budgetUSD }
      if spent + (dearest.usd ?? 0) > usd { return .budgetUSD }
    }
    if let tokens, ledger.tokens + dearest.tokens > tokens { return .budgetTokens }
    if let calls, ledger.calls + 1 > calls { return .budgetCalls }
    return nil
  }
}

extension RunConfig {
  /// The limits that hold: the configuration's, or those that later sessions put in their place.
  public func limits(after state: RunState) -> Budget {
    var limits = budget ?? Budget()
    limits.minutes = minutes
    return limits.raised(by: state.budget)
  }
}

extension ProposalReply {
  /// Of prompt and reply.
  var tokens: Int { (promptTokens ?? 0) + (completionTokens ?? 0) }
}
