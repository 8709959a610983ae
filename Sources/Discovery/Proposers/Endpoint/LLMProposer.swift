import Foundation
import Losses

/// Proposals from a language model behind an OpenAI-compatible chat endpoint.
///
/// Faults that pass (429, 5xx, time-outs, a connection that is refused or cut) are tried again a
/// bounded number of times. Faults that stay (a wrong key, URL or model) stop at once. A model that
/// refuses or says nothing has answered: its words, or none, are the reply, and it is told what
/// was wrong with them.
public final class LLMProposer: Proposer {
  public let kind = "llm"
  public let endpoint: ChatEndpoint

  /// What the program may show while it waits, one line each.
  public var notice: (String) -> Void = { _ in }

  private let retry: RetryPolicy
  private let transport: any HTTPTransport
  private let sleep: (Double) -> Bool
  private let jitter: () -> Double
  private let shouldAbort: () -> Bool
  private var concessions = Concessions()

  /// What was given up because the server would not have it; kept for the run.
  private struct Concessions {
    var dropsFormat = false
    var dropsTemperature = false
    var renamesLimit = false
  }

  /// - Parameters:
  ///   - sleep: waits some seconds; false when it was broken off. Nil for the real one.
  ///   - jitter: draws evenly from 0 to 1.
  ///   - shouldAbort: asked many times a second while waiting; true ends with `interrupted`.
  public init(
    endpoint: ChatEndpoint, retry: RetryPolicy = RetryPolicy(),
    transport: any HTTPTransport = HTTPClient(), sleep: ((Double) -> Bool)? = nil,
    jitter: @escaping () -> Double = { Double.random(in: 0...1) },
    shouldAbort: @escaping () -> Bool = { false }
  ) {
    self.endpoint = endpoint
    self.retry = retry
    self.transport = transport
    self.sleep = sleep ?? { InterruptibleSleep()(seconds: $0, shouldAbort: shouldAbort) }
    self.jitter = jitter
    self.shouldAbort = shouldAbort
  }

  /// - Throws: `LossmithError`: `endpoint` when no reply can be had, `interrupted`.
  public func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    let messages = ChatBody.messages(of: request)
    var retries = 0
    while true {
      let fault: ChatFailure
      switch attempt(messages) {
      case .success(let reply): return reply
      case .failure(.aborted):
        throw LossmithError(.interrupted, "The request to the model was interrupted.")
      case .failure(let failure): fault = failure
      }
      if case .refused(let response) = fault, concede(to: response) { continue }
      guard fault.isTransient else { throw fault.error(for: endpoint, tries: retries + 1) }
      retries += 1
      guard retries <= retry.retries,
        let delay = retry.delay(
          beforeRetry: retries, retryAfter: fault.retryAfter, jitter: jitter())
      else { throw fault.error(for: endpoint, tries: retries) }
      let seconds = String(format: "%.1f", delay)
      notice(
        "\(fault.summary(key: endpoint.key)); asking again in \(seconds) s "
          + "(retry \(retries) of \(retry.retries))")
      guard sleep(delay), !shouldAbort() else {
        throw LossmithError(.interrupted, "The wait for the model's endpoint was interrupted.")
      }
    }
  }

  private func attempt(_ messages: [ChatBody.Message]) -> Result<ProposalReply, ChatFailure> {
    var headers = ["Content-Type": "application/json", "Accept": "application/json"]
    headers["Authorization"] = endpoint.key?.authorization
    do {
      let body = try JSON.encode(body(messages), pretty: false)
      let response = try transport.send(
        HTTPRequest(.post, endpoint.completionsURL, headers: headers, body: Array(body)),
        limits: endpoint.limits, shouldAbort: shouldAbort)
      return .success(try ChatFailure.reply(of: response, model: endpoint.model))
    } catch let failure as ChatFailure {
      return .failure(failure)
    } catch let failure as HTTPFailure {
      return .failure(failure.kind == .aborted ? .aborted : .transport(failure))
    } catch {
      return .failure(.unreadable("The request could not be written: \(JSON.explain(error))"))
    }
  }

  private func body(_ messages: [ChatBody.Message]) -> ChatBody {
    var body = ChatBody(model: endpoint.model, messages: messages)
    if !concessions.dropsTemperature { body.temperature = endpoint.temperature }
    if concessions.renamesLimit {
      body.maxCompletionTokens = endpoint.maximumTokens
    } else {
      body.maxTokens = endpoint.maximumTokens
    }
    if endpoint.wantsJSON, !concessions.dropsFormat { body.responseFormat = .init() }
    return body
  }

  /// Gives up what a server says it does not know, each thing once.
  ///
  /// - Returns: whether it is worth asking again.
  private func concede(to response: HTTPResponse) -> Bool {
    guard response.status == 400 || response.status == 422 else { return false }
    let text = String(decoding: response.body.prefix(4096), as: UTF8.self).lowercased()
    if text.contains("max_completion_tokens"), endpoint.maximumTokens != nil,
      !concessions.renamesLimit
    {
      concessions.renamesLimit = true
      return true
    }
    if text.contains("temperature"), endpoint.temperature != nil, !concessions.dropsTemperature {
      concessions.dropsTemperature = true
      return true
    }
    // Many servers refuse the format without naming it.
    if endpoint.wantsJSON, !concessions.dropsFormat {
      concessions.dropsFormat = true
      return true
    }
    return false
  }
}
