import Foundation
import Losses

/// Proposals from language models behind a chat endpoint.
///
/// Faults that pass (429, 5xx, time-outs, a connection or a stream that is refused or cut) are tried
/// again a bounded number of times, within a bounded time. Faults that stay (a wrong key, URL or
/// model) stop at once. A model that refuses or says nothing has answered: its words, or none, are
/// the reply, and it is told what was wrong with them.
public final class LLMProposer: Proposer {
  public let kind = "llm"
  public let endpoint: ChatEndpoint
  /// Which of the endpoint's models is asked, and how warm.
  public let ensemble: ModelEnsemble
  public let prices: PriceBook?

  /// What the program may show while it waits, one line each.
  public var notice: (String) -> Void = { _ in }

  private let retry: RetryPolicy
  private let transport: any HTTPTransport
  private let sleep: (Double) -> Bool
  private let jitter: () -> Double
  private let now: () -> Double
  private let shouldAbort: () -> Bool
  /// Words of a server that are kept, in characters.
  private static let longestModel = 200
  private static let longestReason = 64
  /// What one request came to.
  private struct Answer {
    var result: Result<ProposalReply, ChatFailure>
    /// nil where no answer came.
    var status: Int?
  }
  /// By model; kept for the session.
  private var concessions: [String: Concessions] = [:]

  /// - Parameters:
  ///   - ensemble: nil for the endpoint's own model and temperature.
  ///   - prices: gives each reply its cost where it knows the model.
  ///   - sleep: waits some seconds; false when it was broken off. Nil for the real one.
  ///   - jitter: draws evenly from 0 to 1.
  ///   - now: seconds from any origin, for the time that one reply may take.
  ///   - shouldAbort: asked many times a second while waiting; true ends with `interrupted`.
  public init(
    endpoint: ChatEndpoint, ensemble: ModelEnsemble? = nil, prices: PriceBook? = nil,
    retry: RetryPolicy = RetryPolicy(), transport: any HTTPTransport = HTTPClient(),
    sleep: ((Double) -> Bool)? = nil, jitter: @escaping () -> Double = { Double.random(in: 0...1) },
    now: @escaping () -> Double = RunClock.system.seconds,
    shouldAbort: @escaping () -> Bool = { false }
  ) {
    self.endpoint = endpoint
    self.ensemble =
      ensemble
      ?? ModelEnsemble(
        model: endpoint.model, temperatures: endpoint.temperature.map { [$0] } ?? [])
    self.prices = prices
    self.retry = retry
    self.transport = transport
    self.sleep = sleep ?? { InterruptibleSleep()(seconds: $0, shouldAbort: shouldAbort) }
    self.jitter = jitter
    self.now = now
    self.shouldAbort = shouldAbort
  }

  /// - Throws: `LossmithError`: `endpoint` when no reply can be had, `interrupted`.
  public func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    try propose(request, log: RequestLog())
  }

  /// - Throws: besides, what the log throws, ``BudgetSpent`` where no further request may be made.
  public func propose(_ request: ProposalRequest, log: RequestLog) throws -> ProposalReply? {
    let choice = ensemble.choice(for: request)
    var endpoint = endpoint
    endpoint.model = choice.model
    endpoint.temperature = choice.temperature
    let messages = ChatMessage.conversation(of: request)
    let deadline = now() + retry.total
    var retries = 0
    var calls = 0
    while true {
      try log.begins()
      calls += 1
      let answer = attempt(messages, endpoint, seconds: deadline - now())
      let fault: ChatFailure
      switch answer.result {
      case .success(let reply): return booked(reply, to: endpoint, messages, basis: request.basis)
      case .failure(let failure): fault = failure
      }
      try log.failed(attempted(fault, status: answer.status, endpoint, messages))
      if case .aborted = fault {
        throw LossmithError(.interrupted, "The request to the model was interrupted.")
      }
      if case .refused(let response) = fault, concede(to: response, endpoint, messages) { continue }
      guard fault.isTransient else { throw fault.error(for: endpoint, tries: calls) }
      retries += 1
      guard retries <= retry.retries,
        let delay = retry.delay(
          beforeRetry: retries, retryAfter: fault.retryAfter, jitter: jitter()),
        now() + delay < deadline
      else { throw fault.error(for: endpoint, tries: calls) }
      guard log.allows() else { throw BudgetSpent() }
      let seconds = String(format: "%.1f", delay)
      notice(
        "\(fault.summary(for: endpoint)); asking again in \(seconds) s "
          + "(retry \(retries) of \(retry.retries))")
      guard sleep(delay), !shouldAbort() else {
        throw LossmithError(.interrupted, "The wait for the model's endpoint was interrupted.")
      }
    }
  }

  private func attempt(
    _ messages: [ChatMessage], _ endpoint: ChatEndpoint, seconds: Double
  ) -> Answer {
    var limits = endpoint.limits
    limits.total = min(limits.total, max(seconds, 0.001))
    var status: Int?
    func failed(_ failure: ChatFailure) -> Answer {
      Answer(result: .failure(failure), status: status)
    }
    do {
      let body = try endpoint.api.body(
        endpoint, messages, without: concessions[endpoint.model] ?? [])
      let response = try transport.send(
        HTTPRequest(
          .post, endpoint.completionsURL, headers: endpoint.api.headers(key: endpoint.key),
          body: Array(body)),
        limits: limits, shouldAbort: shouldAbort)
      status = response.status
      let reading = ChatReading(api: endpoint.api, model: endpoint.model)
      return Answer(result: .success(try reading.reply(of: response)), status: status)
    } catch let failure as ChatFailure {
      return failed(failure)
    } catch let failure as HTTPFailure {
      return failed(failure.kind == .aborted ? .aborted : .transport(failure))
    } catch {
      return failed(.unreadable("The request could not be written: \(JSON.explain(error))"))
    }
  }

  /// What the journal is told of a request without a reply.
  private func attempted(
    _ failure: ChatFailure, status: Int?, _ endpoint: ChatEndpoint, _ messages: [ChatMessage]
  ) -> JournalEvent.Attempt {
    var attempt = JournalEvent.Attempt(
      outcome: failure.outcome, status: status, model: endpoint.model,
      mayBePaid: failure.mayBePaid(status: status), cause: failure.summary(for: endpoint))
    guard attempt.mayBePaid else { return attempt }
    var sent = ProposalReply(
      text: "", source: "", promptTokens: TokenGuess.tokens(messages), completionTokens: 0)
    sent.model = endpoint.model
    attempt.promptTokens = sent.promptTokens
    attempt.cost = prices?.cost(of: sent)
    return attempt
  }

  public func redacted(_ text: String) -> String {
    Redaction.withoutSecrets(text, key: endpoint.key, url: endpoint.baseURL)
  }

  /// A reply with what the ledger wants to know of it.
  private func booked(
    _ reply: ProposalReply, to endpoint: ChatEndpoint, _ messages: [ChatMessage],
    basis: ProposalBasis?
  ) -> ProposalReply {
    var reply = reply
    // The model quotes whatever it is told; a server may quote its caller's key to it.
    reply.text = redacted(reply.text)
    func word(_ text: String, _ length: Int) -> String {
      String(endpoint.baseURL.redacted(Redaction.clean(text, key: endpoint.key)).prefix(length))
    }
    reply.source = word(reply.source, Self.longestModel)
    reply.finishReason = reply.finishReason.map { word($0, Self.longestReason) }
    reply.model = endpoint.model
    reply.temperature =
      concessions[endpoint.model]?.contains(.temperature) == true
      ? nil : endpoint.temperature
    reply.calls = 1
    reply.basis = basis
    // Text of no tokens was not counted.
    if reply.completionTokens == 0, !reply.text.isEmpty { reply.completionTokens = nil }
    if reply.promptTokens == nil || reply.completionTokens == nil {
      reply.tokensAreGuessed = true
      reply.promptTokens = reply.promptTokens ?? TokenGuess.tokens(messages)
      reply.completionTokens = reply.completionTokens ?? TokenGuess.tokens(reply.text.utf8.count)
    }
    reply.cost = prices?.cost(of: reply)
    return reply
  }

  /// Gives up what a server says it does not know, each thing once.
  ///
  /// - Returns: whether it is worth asking again.
  private func concede(
    to response: HTTPResponse, _ endpoint: ChatEndpoint, _ messages: [ChatMessage]
  ) -> Bool {
    let made = concessions[endpoint.model] ?? []
    guard
      let further = Concessions.suggested(
        by: response, to: endpoint, messages: messages, after: made)
    else { return false }
    concessions[endpoint.model] = made.union(further)
    return true
  }
}

/// How many tokens a text has, where nobody counts them.
enum TokenGuess {
  /// Four bytes a token, rounded up: what tokenizers of today make of English and of code.
  static func tokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }

  /// Of a prompt.
  static func tokens(_ messages: [ChatMessage]) -> Int {
    tokens(messages.map(\.text.utf8.count).reduce(0, +))
  }
}
