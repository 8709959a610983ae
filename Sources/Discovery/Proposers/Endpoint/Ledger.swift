import Losses

/// What the models of a run have cost and brought, read off its state.
public struct Ledger: Hashable, Sendable, Codable {
  /// One model.
  public struct Row: Hashable, Sendable, Codable {
    public var model: String
    public var replies = 0
    /// Requests, failed ones included.
    public var calls = 0
    public var promptTokens = 0
    /// Of the prompt's tokens, those that the server had in its cache.
    public var cachedTokens = 0
    public var completionTokens = 0
    /// Replies whose tokens are guessed, since the server gave no numbers.
    public var guessed = 0
    /// US dollars; nil when a reply has no price.
    public var usd: Double?
    /// Replies that were trained to the end.
    public var measured = 0
    /// The best mean of them; nil without one.
    public var best: Double?
  }

  /// In the order of their first replies.
  public var models: [Row]
  /// Requests that were under way when a session ended, so that nobody knows whether they were
  /// answered and charged. Each is booked at the price of the reply that came when it was repeated.
  public var possiblyPaid: Int
  /// Requests, failed and possibly paid ones included.
  public var calls: Int
  /// Of prompts and replies, possibly paid ones included.
  public var tokens: Int
  /// US dollars, possibly paid ones included; nil when a reply has no price.
  public var usd: Double?

  public init(of state: RunState) {
    var rows: [Row] = []
    var extra = (tokens: 0, usd: 0.0)
    for candidate in state.candidates {
      let reply = candidate.reply
      guard let model = reply.model else { continue }
      let index =
        rows.firstIndex { $0.model == model }
        ?? {
          rows.append(Row(model: model, usd: 0))
          return rows.count - 1
        }()
      rows[index].add(reply)
      if let mean = candidate.judgement?.eta?.mean {
        rows[index].measured += 1
        rows[index].best = max(rows[index].best ?? mean, mean)
      }
      extra.tokens += candidate.lostRequests * reply.tokens
      extra.usd += Double(candidate.lostRequests) * (reply.cost ?? 0)
    }
    // No reply tells what one that is lost and not repeated yet would have cost.
    let replies = state.candidates.map(\.reply)
    extra.tokens += state.lostRequests * (replies.map(\.tokens).max() ?? 0)
    extra.usd += Double(state.lostRequests) * (replies.compactMap(\.cost).max() ?? 0)
    models = rows
    possiblyPaid = state.lostRequests + state.candidates.map(\.lostRequests).reduce(0, +)
    calls = rows.map(\.calls).reduce(possiblyPaid, +)
    tokens = rows.map { $0.promptTokens + $0.completionTokens }.reduce(extra.tokens, +)
    let costs = rows.compactMap(\.usd)
    usd = costs.count == rows.count ? costs.reduce(extra.usd, +) : nil
  }

  /// Whether any model was asked.
  public var isEmpty: Bool { models.isEmpty && possiblyPaid == 0 }

  /// A line for people: `23 calls, 181,204 tokens, $0.4213; small-1: 12 replies, 9 measured …`.
  public var line: String {
    var text = "Endpoint: \(calls) call\(calls == 1 ? "" : "s"), \(tokens) tokens"
    if let usd { text += ", " + Self.dollars(usd) }
    if possiblyPaid > 0 { text += " (\(possiblyPaid) possibly paid and repeated)" }
    guard models.count > 1 else { return text + "." }
    let parts = models.map { row in
      "\(row.model) \(row.replies) replies, \(row.measured) measured"
        + (row.usd.map { ", " + Self.dollars($0) } ?? "")
    }
    return text + ": " + parts.joined(separator: "; ") + "."
  }

  static func dollars(_ value: Double) -> String {
    "$" + Readout.fixed(value, decimals: value < 1 ? 4 : 2)
  }
}

extension Ledger.Row {
  fileprivate mutating func add(_ reply: ProposalReply) {
    replies += 1
    calls += reply.calls ?? 1
    promptTokens += reply.promptTokens ?? 0
    cachedTokens += reply.cachedTokens ?? 0
    completionTokens += reply.completionTokens ?? 0
    if reply.tokensAreGuessed == true { guessed += 1 }
    if let cost = reply.cost, let sum = usd { usd = sum + cost } else { usd = nil }
  }
}

extension ProposalReply {
  /// ` (5,120 tokens, $0.0123)` for a line of progress; empty where nothing was counted.
  var bill: String {
    guard model != nil else { return "" }
    let guess = tokensAreGuessed == true ? "about " : ""
    return " (\(guess)\(tokens) tokens" + (cost.map { ", " + Ledger.dollars($0) } ?? "") + ")"
  }
}
