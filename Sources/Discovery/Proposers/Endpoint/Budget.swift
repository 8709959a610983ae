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
  /// far. Only the first of a run can exceed it.
  func stop(after state: RunState) -> StopReason? {
    guard usd != nil || tokens != nil || calls != nil else { return nil }
    let ledger = Ledger(of: state)
    let replies = state.candidates.map(\.reply)
    if let usd, (ledger.usd ?? 0) + (replies.compactMap(\.cost).max() ?? 0) > usd {
      return .budgetUSD
    }
    if let tokens, ledger.tokens + (replies.map(\.tokens).max() ?? 0) > tokens {
      return .budgetTokens
    }
    if let calls, ledger.calls + 1 > calls { return .budgetCalls }
    return nil
  }
}

extension ProposalReply {
  /// Of prompt and reply.
  var tokens: Int { (promptTokens ?? 0) + (completionTokens ?? 0) }
}
