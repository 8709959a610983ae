import Foundation
import Losses

/// Reads the reply out of an answer, in the language of its endpoint.
///
/// Whether an answer is a stream is decided by what came, not by what was asked for: servers ignore
/// the wish, and gateways stream unasked.
struct ChatReading {
  var api: ChatAPI
  /// The model that was asked, for servers that do not say which one answered.
  var model: String

  /// The reply of an answer with a status of success.
  ///
  /// An empty content and a refusal are replies.
  func reply(of response: HTTPResponse) throws(ChatFailure) -> ProposalReply {
    guard (200..<300).contains(response.status) else { throw .refused(response) }
    // Repaired rather than refused: a model may well write half of a character.
    let text = String(decoding: response.body, as: UTF8.self)
    if EventStream.isStream(response, text: text) {
      let events = EventStream.events(in: text)
      switch api {
      case .openai: return try chatStream(events, response)
      case .anthropic: return try anthropicStream(events, response)
      }
    }
    switch api {
    case .openai: return try chat(text, response)
    case .anthropic: return try anthropic(text, response)
    }
  }

  // MARK: - Whole answers

  private func chat(_ text: String, _ response: HTTPResponse) throws(ChatFailure) -> ProposalReply {
    let answer: ChatAnswer = try decode(text, response)
    if let fault = answer.error, answer.choices?.isEmpty != false {
      throw Self.refusal(fault, response)
    }
    guard let choices = answer.choices else {
      throw .unreadable("The endpoint's answer has no “choices”: it is no chat completion.")
    }
    guard let choice = choices.first else {
      throw .incomplete("The endpoint's answer has an empty list of choices.")
    }
    return reply(
      choice.message?.content ?? "", refusal: choice.message?.refusal, model: answer.model,
      usage: answer.usage?.counts, finish: choice.finishReason)
  }

  private func anthropic(
    _ text: String, _ response: HTTPResponse
  ) throws(ChatFailure) -> ProposalReply {
    let answer: AnthropicAnswer = try decode(text, response)
    if let fault = answer.error { throw Self.refusal(fault, response) }
    guard let content = answer.content else {
      throw .unreadable("The endpoint's answer has no “content”: it is no message.")
    }
    let isRefusal = answer.stopReason == "refusal"
    guard !content.isEmpty || answer.stopReason != nil else {
      throw .incomplete("The endpoint's answer has an empty list of contents.")
    }
    return reply(
      content.filter { $0.type == "text" || $0.type == nil }.compactMap(\.text).joined(),
      refusal: isRefusal ? "The model declined." : nil, model: answer.model,
      usage: answer.usage?.counts, finish: AnthropicAnswer.finishReason(answer.stopReason))
  }

  // MARK: - Streams

  private func chatStream(
    _ events: [String], _ response: HTTPResponse
  ) throws(ChatFailure) -> ProposalReply {
    var text = ""
    var refusal = ""
    var finish: String?
    var usage = TokenCounts()
    var answered: String?
    var isDone = false
    var hasChoice = false
    for event in events {
      if event.trimmingCharacters(in: .whitespaces) == "[DONE]" {
        isDone = true
        break
      }
      let chunk: ChatAnswer = try decode(event, response)
      if let fault = chunk.error { throw Self.refusal(fault, response) }
      answered = chunk.model ?? answered
      if let counts = chunk.usage?.counts, counts != TokenCounts() { usage = counts }
      for choice in chunk.choices ?? [] where (choice.index ?? 0) == 0 {
        hasChoice = true
        let piece = choice.delta ?? choice.message
        text += piece?.content ?? ""
        refusal += piece?.refusal ?? ""
        finish = choice.finishReason ?? finish
      }
    }
    guard isDone || finish != nil else { throw Self.brokenOff(text) }
    guard hasChoice else {
      throw .incomplete("The endpoint's stream has no choice in it.")
    }
    return reply(text, refusal: refusal, model: answered, usage: usage, finish: finish)
  }

  private func anthropicStream(
    _ events: [String], _ response: HTTPResponse
  ) throws(ChatFailure) -> ProposalReply {
    var text = ""
    var stop: String?
    var usage = AnthropicAnswer.Usage()
    var answered: String?
    var isDone = false
    for event in events where !isDone {
      let event: AnthropicEvent = try decode(event, response)
      if let fault = event.error { throw Self.refusal(fault, response) }
      if let counts = event.message?.usage { usage.merge(counts) }
      if let counts = event.usage { usage.merge(counts) }
      answered = event.message?.model ?? answered
      stop = event.delta?.stopReason ?? stop
      if event.type == "content_block_delta" { text += event.delta?.text ?? "" }
      isDone = event.type == "message_stop"
    }
    guard isDone || stop != nil else { throw Self.brokenOff(text) }
    return reply(
      text, refusal: stop == "refusal" ? "The model declined." : nil, model: answered,
      usage: usage.counts, finish: AnthropicAnswer.finishReason(stop))
  }

  private static func brokenOff(_ text: String) -> ChatFailure {
    .incomplete("The endpoint's stream broke off after \(text.count) characters of the reply.")
  }

  // MARK: - Parts

  private func reply(
    _ text: String, refusal: String?, model answered: String?, usage: TokenCounts?, finish: String?
  ) -> ProposalReply {
    var reply = ProposalReply(
      text: text, source: answered ?? model, promptTokens: usage?.prompt,
      completionTokens: usage?.completion, finishReason: finish)
    reply.cachedTokens = usage?.cached
    reply.cacheWriteTokens = usage?.written
    if text.isEmpty, let refusal, !refusal.isEmpty {
      reply.text = refusal
      reply.finishReason = "refusal"
    }
    return reply
  }

  private func decode<Answer: Decodable>(
    _ text: String, _ response: HTTPResponse
  ) throws(ChatFailure) -> Answer {
    do {
      return try JSON.decode(Answer.self, from: Data(text.utf8))
    } catch {
      let type = response.mediaType
      guard type.isEmpty || type.hasSuffix("json") || type == "text/event-stream" else {
        throw .unreadable("The endpoint answered with \(type), not with JSON.")
      }
      let what = api == .openai ? "a chat completion" : "a message"
      throw .incomplete(
        "The endpoint's answer is not the JSON of \(what): " + JSON.explain(error))
    }
  }

  /// A gateway's way to pass an error on: its code is a status.
  private static func refusal(_ fault: ChatFault, _ response: HTTPResponse) -> ChatFailure {
    let status =
      fault.code.flatMap { code in
        Int(code).flatMap { (400..<600).contains($0) ? $0 : nil } ?? anthropicStatus[code]
      } ?? 500
    let fields = ["message": fault.message, "code": fault.code ?? ""]
    let body = (try? JSON.encode(["error": fields], pretty: false)) ?? Data()
    return .refused(
      HTTPResponse(status: status, headers: response.headers, body: Array(body)))
  }

  private static let anthropicStatus = [
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402,
    "permission_error": 403, "not_found_error": 404, "request_too_large": 413,
    "rate_limit_error": 429, "api_error": 500, "overloaded_error": 529,
  ]
}
