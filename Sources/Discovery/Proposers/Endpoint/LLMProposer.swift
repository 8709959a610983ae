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
    let choice = ensemble.choice(for: request)
    var endpoint = endpoint
    endpoint.model = choice.model
    endpoint.temperature = choice.temperature
    let messages = ChatMessage.conversation(of: request)
    let deadline = now() + retry.total
    var retries = 0
    var calls = 0
    while true {
      let fault: ChatFailure
      calls += 1
      switch attempt(messages, endpoint, seconds: deadline - now()) {
      case .success(let reply):
        return booked(reply, to: endpoint, messages, calls: calls, basis: request.basis)
      case .failure(.aborted):
        throw LossmithError(.interrupted, "The request to the model was interrupted.")
      case .failure(let failure): fault = failure
      }
      if case .refused(let response) = fault, concede(to: response, endpoint, messages) { continue }
      guard fault.isTransient else { throw fault.error(for: endpoint, tries: retries + 1) }
      retries += 1
      guard retries <= retry.retries,
        let delay = retry.delay(
          beforeRetry: retries, retryAfter: fault.retryAfter, jitter: jitter()),
        now() + delay < deadline
      else { throw fault.error(for: endpoint, tries: retries) }
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
  ) -> Result<ProposalReply, ChatFailure> {
    var limits = endpoint.limits
    limits.total = min(limits.total, max(seconds, 0.001))
    do {
      let body = try endpoint.api.body(
        endpoint, messages, without: concessions[endpoint.model] ?? [])
      let response = try transport.send(
        HTTPRequest(
          .post, endpoint.completionsURL, headers: endpoint.api.headers(key: endpoint.key),
          body: Array(body)),
        limits: limits, shouldAbort: shouldAbort)
      return .success(
        try ChatReading(api: endpoint.api, model: endpoint.model).reply(of: response))
    } catch let failure as ChatFailure {
      return .failure(failure)
    } catch let failure as HTTPFailure {
      return .failure(failure.kind == .aborted ? .aborted : .transport(failure))
    } catch {
      return .failure(.unreadable("The request could not be written: \(JSON.explain(error))"))
    }
  }

  /// A reply with what the ledger wants to know of it.
  private func booked(
    _ reply: ProposalReply, to endpoint: ChatEndpoint, _ messages: [ChatMessage], calls: Int,
    basis: ProposalBasis?
  ) -> ProposalReply {
    var reply = reply
    // The model quotes whatever it is told; a server may quote its caller's key to it.
    if let key = endpoint.key { reply.text = key.redacted(reply.text) }
    reply.source = endpoint.baseURL.redacted(Redaction.clean(reply.source, key: endpoint.key))
    reply.model = endpoint.model
    reply.temperature =
      concessions[endpoint.model]?.contains(.temperature) == true
      ? nil : endpoint.temperature
    reply.calls = calls
    reply.basis = basis
    if reply.promptTokens == nil || reply.completionTokens == nil {
      reply.tokensAreGuessed = true
      reply.promptTokens =
        reply.promptTokens ?? TokenGuess.tokens(messages.map(\.text.utf8.count).reduce(0, +))
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
}
