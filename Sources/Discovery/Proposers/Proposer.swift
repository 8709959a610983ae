import Foundation

/// Where proposals come from: a model, a person, a recorded transcript, an evolution.
///
/// A proposer answers a conversation with the raw text of a reply; reading that
/// text is ``ReplyParser``'s business, so that every proposer's words go the same way.
public protocol Proposer: AnyObject {
  /// `llm`, `evolve`, `replay`; stored in the journal.
  var kind: String { get }

  /// The reply to a conversation.
  ///
  /// - Throws: `LossmithError` (`endpoint`, `interrupted`) when no reply can be had. A reply that
  ///   is nonsense is not an error.
  /// - Returns: nil when the proposer has nothing more to say: the run ends.
  func propose(_ request: ProposalRequest) throws -> ProposalReply?

  /// Whether a reply costs nothing and depends on the request's index, earlier replies and outcomes
  /// alone, so that the run may ask before it has come to it.
  var canBeAskedAhead: Bool { get }

  /// The same, with a log of what goes over the network; proposers that ask nobody have no use for it.
  func propose(_ request: ProposalRequest, log: RequestLog) throws -> ProposalReply?

  /// A text that came with a reply without the secrets that the proposer holds.
  func redacted(_ text: String) -> String
}

extension Proposer {
  public var canBeAskedAhead: Bool { false }

  public func propose(_ request: ProposalRequest, log: RequestLog) throws -> ProposalReply? {
    try propose(request)
  }

  public func redacted(_ text: String) -> String { text }
}

/// The conversation so far.
public struct ProposalRequest: Sendable {
  public var generation: Int
  /// 0 for the first try of a generation, then 1…R.
  public var attempt: Int
  /// Replies asked for before this one in the whole run, failed ones included.
  public var index: Int
  public var system: String
  /// The first user message: the burn-in archive.
  public var opening: String
  /// Earlier replies, each with the feedback that it got, oldest first.
  public var exchanges: [Exchange]
  /// What became of each of the exchanges, as numbers.
  public var outcomes: [Outcome] = []
  /// What became of the losses of the burn-in.
  public var baselines: [Outcome] = []

  /// A loss that the run has judged.
  public struct Outcome: Hashable, Sendable {
    /// Its name in the run.
    public var name: String
    /// Of η on the task; nil for a loss that was not measured there.
    public var lowerBound: Double?

    public init(name: String, lowerBound: Double?) {
      self.name = name
      self.lowerBound = lowerBound
    }
  }
  /// PNG files that go with the last message, for models that take them.
  public var images: [Data] = []
  /// Which model gave each earlier reply of the run, and what it was worth.
  public var past: [PastReply] = []
  /// What of the run the request is built on; nil for the whole of it.
  public var basis: ProposalBasis?

  public struct Exchange: Hashable, Sendable, Codable {
    public var reply: String
    public var feedback: String

    public init(reply: String, feedback: String) {
      self.reply = reply
      self.feedback = feedback
    }
  }

  public init(
    generation: Int, attempt: Int, index: Int, system: String, opening: String,
    exchanges: [Exchange]
  ) {
    self.generation = generation
    self.attempt = attempt
    self.index = index
    self.system = system
    self.opening = opening
    self.exchanges = exchanges
  }
}

/// What the choice of a model looks back on.
public struct PastReply: Hashable, Sendable {
  /// nil where no model was asked.
  public var model: String?
  /// From 0 (failed) to 1 (better than every loss before it); nil before the verdict.
  public var payoff: Double?

  public init(model: String?, payoff: Double?) {
    self.model = model
    self.payoff = payoff
  }
}

/// The part of the archive that a request was built on.
public struct ProposalBasis: Hashable, Sendable, Codable {
  /// Names of the losses that the proposal is to build on.
  public var parents: [String] = []
  /// From 0.
  public var island: Int?

  public init(parents: [String] = [], island: Int? = nil) {
    self.parents = parents
    self.island = island
  }
}

/// A reply as it came.
public struct ProposalReply: Hashable, Sendable, Codable {
  public var text: String
  /// The model that answered; the file of a transcript.
  public var source: String
  public var promptTokens: Int?
  public var completionTokens: Int?
  /// Why the model stopped, in the endpoint's word: `stop`, `length`, `content_filter`,
  /// `refusal` …; nil when nothing was said of it.
  public var finishReason: String?
  /// What the loss scored where the transcript comes from; nil where that is not known.
  public var publishedScore: Double?
  /// Of the prompt's tokens, those that the server had in its cache.
  public var cachedTokens: Int?
  /// Of the prompt's tokens, those that the server put into its cache, where it charges for that.
  public var cacheWriteTokens: Int?
  /// Whether the numbers of tokens are Lossmith's guess (four bytes a token), since the server gave
  /// none; nil where they are the server's.
  public var tokensAreGuessed: Bool?
  /// The model that was asked; nil where none was.
  public var model: String?
  public var temperature: Double?
  /// Requests that gave it: 1, and 0 for a recorded reply that is replayed. Failed ones are events of
  /// their own; in journals of older programs they are counted here. nil where no endpoint was asked.
  public var calls: Int?
  /// US dollars; nil without a price.
  public var cost: Double?
  /// What of the run the request was built on; nil for the whole of it.
  public var basis: ProposalBasis?

  public init(
    text: String, source: String, promptTokens: Int? = nil, completionTokens: Int? = nil,
    finishReason: String? = nil
  ) {
    self.text = text
    self.source = source
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
    self.finishReason = finishReason
  }
}

/// A proposal read from a reply.
public struct Proposal: Hashable, Sendable, Codable {
  public var thought: String
  public var name: String
  public var code: String

  public init(thought: String, name: String, code: String) {
    self.thought = thought
    self.name = name
    self.code = code
  }

  /// With all of its texts changed in the same way.
  func mapped(_ change: (String) -> String) -> Proposal {
    Proposal(thought: change(thought), name: change(name), code: change(code))
  }
}
