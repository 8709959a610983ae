import Foundation

/// The request of a chat completion, as OpenAI's wire has it.
struct ChatBody: Encodable {
  /// A text alone is a bare string, which every server reads; images make a list of parts.
  struct Message: Encodable {
    var role: String
    var text: String
    var images: [Data]

    init(_ message: ChatMessage) {
      role = message.role.rawValue
      text = message.text
      images = message.images
    }

    private enum CodingKeys: String, CodingKey { case role, content }

    private struct Part: Encodable {
      struct Link: Encodable { var url: String }
      var type: String
      var text: String?
      var image: Link?

      enum CodingKeys: String, CodingKey {
        case type, text
        case image = "image_url"
      }
    }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(role, forKey: .role)
      guard !images.isEmpty else { return try fields.encode(text, forKey: .content) }
      let pictures = images.map { image in
        Part(
          type: "image_url",
          image: .init(url: "data:image/png;base64," + image.base64EncodedString()))
      }
      try fields.encode([Part(type: "text", text: text)] + pictures, forKey: .content)
    }
  }

  struct ResponseFormat: Encodable { var type = "json_object" }

  struct StreamOptions: Encodable {
    var includesUsage = true

    enum CodingKeys: String, CodingKey { case includesUsage = "include_usage" }
  }

  var model: String
  var messages: [Message]
  var temperature: Double?
  var maxTokens: Int?
  /// What newer servers call `max_tokens`.
  var maxCompletionTokens: Int?
  var responseFormat: ResponseFormat?
  var stream: Bool?
  var streamOptions: StreamOptions?

  enum CodingKeys: String, CodingKey {
    case model, messages, temperature, stream
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
    case responseFormat = "response_format"
    case streamOptions = "stream_options"
  }
}

/// The answer of a chat completion: what is read of it, with the liberties that servers take.
struct ChatAnswer: Decodable {
  struct Choice: Decodable {
    var message: Message?
    /// What a stream has in place of a message.
    var delta: Message?
    var index: Int?
    var finishReason: String?

    enum CodingKeys: String, CodingKey {
      case message, delta, index
      case finishReason = "finish_reason"
    }
  }

  struct Message: Decodable {
    /// Empty for null, a tool call or nothing.
    var content: String
    var refusal: String?

    enum CodingKeys: String, CodingKey { case content, refusal }

    private struct Part: Decodable { var text: String? }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      refusal = try? fields.decodeIfPresent(String.self, forKey: .refusal)
      if let text = try? fields.decodeIfPresent(String.self, forKey: .content) {
        content = text
      } else {
        let parts = try? fields.decodeIfPresent([Part].self, forKey: .content)
        content = (parts ?? []).compactMap(\.text).joined()
      }
    }
  }

  struct Usage: Decodable {
    struct PromptDetails: Decodable {
      var cached: Int?

      enum CodingKeys: String, CodingKey { case cached = "cached_tokens" }
    }

    var promptTokens: Int?
    var completionTokens: Int?
    var promptDetails: PromptDetails?

    enum CodingKeys: String, CodingKey {
      case promptTokens = "prompt_tokens"
      case completionTokens = "completion_tokens"
      case promptDetails = "prompt_tokens_details"
    }

    /// Only numbers that can be counts of tokens.
    var counts: TokenCounts {
      TokenCounts(
        prompt: promptTokens, cached: promptDetails?.cached, completion: completionTokens)
    }
  }

  /// Nil when the document is no chat completion.
  var choices: [Choice]?
  var usage: Usage?
  /// The model that answered, where the server says so.
  var model: String?
  /// Some gateways put an error into an answer with status 200.
  var error: ChatFault?

  enum CodingKeys: String, CodingKey { case choices, usage, model, error }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    choices = try fields.decodeIfPresent([Choice].self, forKey: .choices)
    usage = try? fields.decodeIfPresent(Usage.self, forKey: .usage)
    model = try? fields.decodeIfPresent(String.self, forKey: .model)
    error = try? fields.decodeIfPresent(ChatFault.self, forKey: .error)
  }
}

/// Tokens of one reply as a server counts them.
struct TokenCounts: Hashable, Sendable {
  var prompt: Int?
  /// Of the prompt's, those that were read from a cache.
  var cached: Int?
  /// Of the prompt's, those that were put into a cache.
  var written: Int?
  var completion: Int?

  /// A prompt of 0 tokens is that of a server that does not count, and so is a completion of 0 beside it.
  init(prompt: Int? = nil, cached: Int? = nil, written: Int? = nil, completion: Int? = nil) {
    // No reply has more tokens than this; a server that says so cannot count.
    func sound(_ count: Int?) -> Int? {
      count.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
    self.prompt = sound(prompt)
    self.cached = sound(cached)
    self.written = sound(written)
    self.completion = sound(completion)
    guard self.prompt == 0 else { return }
    (self.prompt, self.cached, self.written) = (nil, nil, nil)
    if self.completion == 0 { self.completion = nil }
  }
}

/// The error object of an answer: `{"message", "type", "code"}`, or a bare text.
struct ChatFault: Decodable {
  var message: String
  /// `insufficient_quota`, `model_not_found` …; a number in words.
  var code: String?

  enum CodingKeys: String, CodingKey { case message, detail, code, type, error }

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      message = text
      return
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    if let inner = try? fields.decode(Inner.self, forKey: .error) {
      message = inner.message ?? ""
      code = inner.code
    } else if let text = try? fields.decode(String.self, forKey: .error) {
      message = text
    } else {
      message =
        (try? fields.decode(String.self, forKey: .message))
        ?? (try? fields.decode(String.self, forKey: .detail)) ?? ""
      code =
        (try? fields.decode(Word.self, forKey: .code))?.text
        ?? (try? fields.decode(String.self, forKey: .type))
    }
  }

  /// The error inside an error document, one level down.
  private struct Inner: Decodable {
    var message: String?
    var code: String?

    enum CodingKeys: String, CodingKey { case message, code, type }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      message = try? fields.decode(String.self, forKey: .message)
      code =
        (try? fields.decode(Word.self, forKey: .code))?.text
        ?? (try? fields.decode(String.self, forKey: .type))
    }
  }

  /// A code that is a string on one server and a number on the next.
  private struct Word: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      text = try (try? value.decode(String.self)) ?? "\(value.decode(Int.self))"
    }
  }
}
