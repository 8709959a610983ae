import Foundation
import Losses

/// The language that an endpoint speaks.
public enum ChatAPI: String, Sendable, Codable, CaseIterable {
  /// `POST …/chat/completions`, as OpenAI has it; also llama.cpp, Ollama, vLLM, LM Studio and
  /// most gateways.
  case openai
  /// `POST …/v1/messages`, as Anthropic has it.
  case anthropic

  /// The version of Anthropic's messages that requests name.
  static let anthropicVersion = "2023-06-01"

  /// The base URL where none is given; nil where there is none to assume.
  public var defaultBaseURL: String? {
    switch self {
    case .openai: nil
    case .anthropic: "https://api.anthropic.com"
    }
  }

  /// Variables that are tried for the key when none is named.
  ///
  /// A provider's own variable is never tried with another one's language: its key would go to a
  /// stranger.
  public var keyVariables: [String] {
    switch self {
    case .openai: ["LOSSMITH_API_KEY", "OPENAI_API_KEY"]
    case .anthropic: ["LOSSMITH_API_KEY", "ANTHROPIC_API_KEY"]
    }
  }

  /// What a URL suggests: `anthropic` for Anthropic's host and for a path that ends in `messages`.
  public static func guessed(from url: EndpointURL) -> ChatAPI {
    let host = url.host.lowercased()
    let isAnthropic = host == "anthropic.com" || host.hasSuffix(".anthropic.com")
    return isAnthropic || url.path.hasSuffix("/messages") ? .anthropic : .openai
  }

  /// Where a conversation is sent.
  func url(below base: EndpointURL) -> EndpointURL {
    switch self {
    case .openai: base.appending("chat/completions")
    case .anthropic:
      base.path.hasSuffix("/v1") || base.path.hasSuffix("/messages")
        ? base.appending("messages") : base.appending("v1/messages")
    }
  }

  /// Where the server lists its models.
  func modelsURL(below base: EndpointURL) -> EndpointURL {
    switch self {
    case .openai: base.removing("chat/completions").appending("models")
    case .anthropic: base.removing("messages").removing("v1").appending("v1/models")
    }
  }

  func headers(key: APIKey?) -> [String: String] {
    var headers = [
      "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
    ]
    switch self {
    case .openai: headers["Authorization"] = key?.bearer
    case .anthropic:
      headers["x-api-key"] = key?.header
      headers["anthropic-version"] = Self.anthropicVersion
    }
    return headers
  }

  /// The body of a request.
  ///
  /// - Throws: an `EncodingError` for a number that JSON cannot hold.
  func body(
    _ endpoint: ChatEndpoint, _ messages: [ChatMessage], without concessions: Concessions
  ) throws -> Data {
    let temperature = concessions.contains(.temperature) ? nil : endpoint.temperature
    let messages = concessions.contains(.images) ? messages.map(\.withoutImages) : messages
    let streams = endpoint.streams && !concessions.contains(.stream)
    switch self {
    case .openai:
      var body = ChatBody(model: endpoint.model, messages: messages.map(ChatBody.Message.init))
      body.temperature = temperature
      if concessions.contains(.limitName) {
        body.maxCompletionTokens = endpoint.maximumTokens
      } else {
        body.maxTokens = endpoint.maximumTokens
      }
      if endpoint.sendsFormat, !concessions.contains(.format) { body.responseFormat = .init() }
      if streams {
        body.stream = true
        if !concessions.contains(.streamUsage) { body.streamOptions = .init() }
      }
      return try JSON.encode(body, pretty: false)
    case .anthropic:
      var body = AnthropicBody(
        model: endpoint.model, maxTokens: endpoint.maximumTokens ?? 8192, messages: messages)
      body.temperature = temperature
      if streams { body.stream = true }
      return try JSON.encode(body, pretty: false)
    }
  }
}

/// What is left out of requests because the server would not have it.
struct Concessions: OptionSet, Sendable {
  var rawValue: Int

  static let format = Concessions(rawValue: 1)
  static let temperature = Concessions(rawValue: 2)
  /// `max_completion_tokens` instead of `max_tokens`.
  static let limitName = Concessions(rawValue: 4)
  static let stream = Concessions(rawValue: 8)
  static let streamUsage = Concessions(rawValue: 16)
  static let images = Concessions(rawValue: 32)

  /// Faults that leaving something out does not mend, by the codes that servers give them.
  private static let lasting: Set<String> = [
    "context_length_exceeded", "model_not_found", "invalid_api_key", "insufficient_quota",
    "content_policy_violation", "string_above_max_length",
  ]

  /// What a refusal suggests to leave out: only what it names.
  ///
  /// - Returns: nil when nothing is left to give up that the refusal could mean.
  static func suggested(
    by response: HTTPResponse, to endpoint: ChatEndpoint, messages: [ChatMessage],
    after made: Concessions
  ) -> Concessions? {
    guard response.status == 400 || response.status == 422 else { return nil }
    if let code = ChatFailure.fault(of: response)?.code, lasting.contains(code) { return nil }
    let text = String(decoding: response.body.prefix(4096), as: UTF8.self).lowercased()
    let namesFormat = ["response_format", "json_object", "json mode", "json_mode"]
      .contains { text.contains($0) }
    let isOpenAI = endpoint.api == .openai
    let offers: [(Concessions, applies: Bool)] = [
      (
        .limitName,
        isOpenAI && endpoint.maximumTokens != nil
          && text.contains("max_completion_tokens")
      ),
      (.temperature, endpoint.temperature != nil && text.contains("temperature")),
      (.images, messages.contains { !$0.images.isEmpty } && text.contains("image")),
      (.streamUsage, isOpenAI && endpoint.streams && text.contains("stream_options")),
      (.stream, endpoint.streams && text.contains("stream") && !text.contains("stream_options")),
      (.format, endpoint.sendsFormat && namesFormat),
    ]
    return offers.first { $0.applies && !made.contains($0.0) }?.0
  }
}
