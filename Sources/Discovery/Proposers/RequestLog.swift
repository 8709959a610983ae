import Losses

/// Where a proposer notes each request that it makes to an endpoint, before and after.
public struct RequestLog {
  /// Whether a further request may be made; asked before a wait for one.
  public var allows: () -> Bool
  /// Before a request goes out; what it writes is on the disk when it returns.
  ///
  /// Throws ``BudgetSpent`` when no further request may be made.
  public var begins: () throws -> Void
  /// After a request that gave no reply.
  public var failed: (JournalEvent.Attempt) throws -> Void

  /// Without parameters nobody counts.
  public init(
    allows: @escaping () -> Bool = { true }, begins: @escaping () throws -> Void = {},
    failed: @escaping (JournalEvent.Attempt) throws -> Void = { _ in }
  ) {
    self.allows = allows
    self.begins = begins
    self.failed = failed
  }
}

/// The budget of a run does not allow another request. No failure: the run stops for it in good order.
public struct BudgetSpent: Error {
  public init() {}
}

extension JournalEvent {
  /// A request to an endpoint that ended without a reply.
  public struct Attempt: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable {
      /// Ctrl-C.
      case aborted
      /// Nothing listens there, or the connection cannot be made secure: nothing was sent.
      case unreachable, tls
      /// No answer, or half of one.
      case timeout, cut, garbled, tooLarge
      /// A status that is no success.
      case refused
      /// Success without a reply in it.
      case unreadable, incomplete
      /// Anything else.
      case other
    }

    public var outcome: Outcome
    /// Of the HTTP answer; nil without one.
    public var status: Int?
    /// The model that was asked.
    public var model: String?
    /// Whether the server may have done the work, and charge for it, although no reply came.
    public var mayBePaid: Bool
    /// Of the prompt, guessed; nil where nothing can have been paid.
    public var promptTokens: Int?
    /// US dollars of the prompt alone; nil without a price.
    public var cost: Double?
    /// What went wrong, on one line, without secrets.
    public var cause: String

    public init(
      outcome: Outcome, status: Int? = nil, model: String? = nil, mayBePaid: Bool,
      promptTokens: Int? = nil, cost: Double? = nil, cause: String
    ) {
      self.outcome = outcome
      self.status = status
      self.model = model
      self.mayBePaid = mayBePaid
      self.promptTokens = promptTokens
      self.cost = cost
      self.cause = cause
    }
  }
}
