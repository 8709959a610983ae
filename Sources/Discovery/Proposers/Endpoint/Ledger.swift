import Losses

/// What the models of a run have cost and brought, read off its state.
public struct Ledger: Hashable, Sendable, Codable {
  /// One model.
  public struct Row: Hashable, Sendable, Codable {
    public var model: String
    public var replies = 0
    /// Requests, failed ones included.
    public var calls = 0
    /// Requests that gave no reply.
    public var failed: Int?
    public var promptTokens = 0
    /// Of the prompt's tokens, those that the server had in its cache.
    public var cachedTokens = 0
    public var completionTokens = 0
    /// Replies whose tokens are guessed, since the server gave no numbers.
    public var guessed = 0
    /// US dollars of the replies; nil when one has no price.
    public var usd: Double?
    /// Replies that were trained to the end.
    public var measured = 0
    /// The best mean of them; nil without one.
    public var best: Double?
  }

  /// In the order of their first requests.
  public var models: [Row]
  /// Requests that nobody knows of whether they were answered and charged: they were under way when a
  /// session ended, were broken off or timed out, or gave an answer that was cut or held no reply. Each
  /// is booked at the price of the reply that came when it was repeated; before that at the price of the
  /// dearest reply so far, or of the prompt alone where that is more.
  public var possiblyPaid: Int
  /// Requests, failed and possibly paid ones included.
  public var calls: Int
  /// Of prompts and replies, possibly paid ones included.
  public var tokens: Int
  /// US dollars, possibly paid ones included; nil when a reply has no price.
  public var usd: Double?

  public init(of state: RunState) {
    var rows: [Row] = []
    var extra = (tokens: 0, usd: Double?.some(0))
    func index(of model: String) -> Int {
      if let index = rows.firstIndex(where: { $0.model == model }) { return index }
      rows.append(Row(model: model, usd: 0))
      return rows.count - 1
    }
    func add(_ attempts: [JournalEvent.Attempt]) {
      for attempt in attempts {
        guard let model = attempt.model else { continue }
        let index = index(of: model)
        rows[index].calls += 1
        rows[index].failed = (rows[index].failed ?? 0) + 1
      }
    }
    func add(_ count: Int, tokens: Int, usd: Double?) {
      guard count > 0 else { return }
      extra.tokens += count * tokens
      extra.usd = usd.flatMap { usd in extra.usd.map { $0 + Double(count) * usd } }
    }
    for candidate in state.candidates {
      let reply = candidate.reply
      // Nobody was asked for a reply that is replayed.
      guard let model = reply.model, reply.calls != 0 else { continue }
      add(candidate.attempts)
      let index = index(of: model)
      let cost = state.cost(of: reply)
      rows[index].add(reply, cost: cost)
      if let mean = candidate.judgement?.eta?.mean {
        rows[index].measured += 1
        rows[index].best = max(rows[index].best ?? mean, mean)
      }
      let lost = candidate.lostRequests + candidate.attempts.count(where: \.mayBePaid)
      add(lost, tokens: reply.tokens, usd: cost)
    }
    // No reply tells what one that is lost and not repeated yet would have cost.
    add(state.attempts)
    let dearest = Dearest(of: state)
    add(state.lostRequests, tokens: dearest.tokens, usd: dearest.usd ?? 0)
    for attempt in state.attempts where attempt.mayBePaid {
      let usd = [dearest.usd, attempt.cost].compactMap { $0 }.max()
      add(1, tokens: max(dearest.tokens, attempt.promptTokens ?? 0), usd: usd)
    }
    models = rows
    possiblyPaid =
      state.lostRequests + state.candidates.map(\.lostRequests).reduce(0, +)
      + (state.attempts + state.candidates.flatMap(\.attempts)).count(where: \.mayBePaid)
    calls = rows.map(\.calls).reduce(0, +)
    calls += state.lostRequests + state.candidates.map(\.lostRequests).reduce(0, +)
    tokens = rows.map { $0.promptTokens + $0.completionTokens }.reduce(extra.tokens, +)
    let costs = rows.compactMap(\.usd)
    usd = costs.count == rows.count ? extra.usd.map { costs.reduce($0, +) } : nil
  }

  /// What one reply of a run took at most; zero tokens and nil dollars before the first.
  struct Dearest {
    var tokens = 0
    var usd: Double?

    init(of state: RunState) {
      let replies = state.candidates.map(\.reply).filter { $0.calls != 0 }
      tokens = replies.map(\.tokens).max() ?? 0
      usd = replies.compactMap { state.cost(of: $0) }.max()
    }
  }

  /// Whether any model was asked.
  public var isEmpty: Bool { models.isEmpty && possiblyPaid == 0 }

  /// A line for people: `23 calls, 181,204 tokens, $0.4213; small-1: 12 replies, 9 measured …`.
  public var line: String {
    var text = "Endpoint: \(calls) call\(calls == 1 ? "" : "s"), \(tokens) tokens"
    if let usd { text += ", " + Self.dollars(usd) }
    if possiblyPaid > 0 { text += " (\(possiblyPaid) possibly paid for nothing)" }
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
  fileprivate mutating func add(_ reply: ProposalReply, cost: Double?) {
    replies += 1
    calls += reply.calls ?? 1
    promptTokens += reply.promptTokens ?? 0
    cachedTokens += reply.cachedTokens ?? 0
    completionTokens += reply.completionTokens ?? 0
    if reply.tokensAreGuessed == true { guessed += 1 }
    if let cost, let sum = usd { usd = sum + cost } else { usd = nil }
  }
}

extension RunState {
  /// US dollars of a reply: as it was booked, else by the prices of a later session.
  func cost(of reply: ProposalReply) -> Double? { reply.cost ?? prices?.cost(of: reply) }
}

extension ProposalReply {
  /// ` (5,120 tokens, $0.0123)` for a line of progress; empty where nothing was counted.
  var bill: String {
    guard model != nil, calls != 0 else { return "" }
    let guess = tokensAreGuessed == true ? "about " : ""
    return " (\(guess)\(tokens) tokens" + (cost.map { ", " + Ledger.dollars($0) } ?? "") + ")"
  }
}
