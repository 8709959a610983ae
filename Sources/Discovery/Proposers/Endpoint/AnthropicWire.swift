import Foundation

/// The request of Anthropic's messages.
struct AnthropicBody: Encodable {
  struct Block: Encodable {
    struct Source: Encodable {
      var type = "base64"
      var mediaType = "image/png"
      var data: String

      enum CodingKeys: String, CodingKey {
        case type, data
        case mediaType = "media_type"
      }
    }

    struct CacheControl: Encodable { var type = "ephemeral" }

    var type: String
    var text: String?
    var source: Source?
    var cacheControl: CacheControl?

    enum CodingKeys: String, CodingKey {
      case type, text, source
      case cacheControl = "cache_control"
    }
  }

  struct Message: Encodable {
    var role: String
    var content: [Block]
  }

  var model: String
  var maxTokens: Int
  /// LossKit's manual is most of it and never changes within a run, so it is marked to be cached.
  var system: [Block]
  var messages: [Message]
  var temperature: Double?
  var stream: Bool?

  enum CodingKeys: String, CodingKey {
    case model, system, messages, temperature, stream
    case maxTokens = "max_tokens"
  }

  init(model: String, maxTokens: Int, messages: [ChatMessage]) {
    self.model = model
    self.maxTokens = maxTokens
    system = messages.filter { $0.role == .system }.map {
      Block(type: "text", text: $0.text, cacheControl: .init())
    }
    self.messages = messages.filter { $0.role != .system }.map { message in
      let images = message.images.map {
        Block(type: "image", source: .init(data: $0.base64EncodedString()))
      }
      return Message(
        role: message.role.rawValue, content: images + [Block(type: "text", text: message.text)])
    }
  }
}

/// The answer of Anthropic's messages.
struct AnthropicAnswer: Decodable {
  struct Block: Decodable {
    var type: String?
    var text: String?
  }

  struct Usage: Decodable {
    var input: Int?
    var cacheCreation: Int?
    var cacheRead: Int?
    var output: Int?

    enum CodingKeys: String, CodingKey {
      case input = "input_tokens"
      case cacheCreation = "cache_creation_input_tokens"
      case cacheRead = "cache_read_input_tokens"
      case output = "output_tokens"
    }

    /// `input_tokens` leaves out what came from the cache; the ledger counts it in.
    var counts: TokenCounts {
      let parts = [input, cacheCreation, cacheRead].compactMap { $0 }
        .filter { (0...1_000_000_000).contains($0) }
      return TokenCounts(
        prompt: input == nil ? nil : parts.reduce(0, +), cached: cacheRead, written: cacheCreation,
        completion: output)
    }

    /// Later events of a stream name what earlier ones did not.
    mutating func merge(_ later: Usage) {
      input = later.input ?? input
      cacheCreation = later.cacheCreation ?? cacheCreation
      cacheRead = later.cacheRead ?? cacheRead
      output = later.output ?? output
    }
  }

  /// Nil when the document is no message.
  var content: [Block]?
  var stopReason: String?
  var model: String?
  var usage: Usage?
  var error: ChatFault?

  enum CodingKeys: String, CodingKey {
    case content, model, usage, error
    case stopReason = "stop_reason"
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    content = try fields.decodeIfPresent([Block].self, forKey: .content)
    stopReason = try? fields.decodeIfPresent(String.self, forKey: .stopReason)
    model = try? fields.decodeIfPresent(String.self, forKey: .model)
    usage = try? fields.decodeIfPresent(Usage.self, forKey: .usage)
    error = try? fields.decodeIfPresent(ChatFault.self, forKey: .error)
  }

  /// Why the model stopped, in the words that OpenAI's language has for it.
  static func finishReason(_ word: String?) -> String? {
    switch word {
    case "end_turn", "stop_sequence": "stop"
    case "max_tokens", "model_context_window_exceeded": "length"
    default: word
    }
  }
}

/// One event of a stream of Anthropic's messages.
struct AnthropicEvent: Decodable {
  struct Delta: Decodable {
    var text: String?
    var stopReason: String?

    enum CodingKeys: String, CodingKey {
      case text
      case stopReason = "stop_reason"
    }
  }

  struct Start: Decodable {
    var model: String?
    var usage: AnthropicAnswer.Usage?
  }

  /// `message_start`, `content_block_delta`, `message_delta`, `message_stop`, `ping`, `error` …
  var type: String
  var message: Start?
  var delta: Delta?
  var usage: AnthropicAnswer.Usage?
  var error: ChatFault?
}
