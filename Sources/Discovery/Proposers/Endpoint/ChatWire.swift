/// The request of a chat completion, as the wire has it.
struct ChatBody: Encodable {
  struct Message: Encodable, Equatable {
    var role: String
    var content: String
  }

  struct ResponseFormat: Encodable {
    var type = "json_object"
  }

  var model: String
  var messages: [Message]
  var temperature: Double?
  var maxTokens: Int?
  /// What newer servers call `max_tokens`.
  var maxCompletionTokens: Int?
  var responseFormat: ResponseFormat?

  enum CodingKeys: String, CodingKey {
    case model, messages, temperature
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
    case responseFormat = "response_format"
  }

  /// The conversation of a request. Some servers refuse a message without content, so an empty
  /// reply is shown as what it was.
  static func messages(of request: ProposalRequest) -> [Message] {
    var messages = [
      Message(role: "system", content: request.system),
      Message(role: "user", content: request.opening),
    ]
    for exchange in request.exchanges {
      let isBlank = exchange.reply.allSatisfy(\.isWhitespace)
      messages.append(
        Message(role: "assistant", content: isBlank ? "(empty reply)" : exchange.reply))
      messages.append(Message(role: "user", content: exchange.feedback))
    }
    return messages
  }
}

/// The answer of a chat completion: what is read of it, with the liberties that servers take.
struct ChatAnswer: Decodable {
  struct Choice: Decodable {
    var message: Message?
    var finishReason: String?

    enum CodingKeys: String, CodingKey {
      case message
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
    var promptTokens: Int?
    var completionTokens: Int?

    enum CodingKeys: String, CodingKey {
      case promptTokens = "prompt_tokens"
      case completionTokens = "completion_tokens"
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

/// The error object of an answer: `{"message", "type", "code"}`, or a bare text.
struct ChatFault: Decodable {
  var message: String
  /// `insufficient_quota`, `model_not_found` …; a number in words.
  var code: String?

  enum CodingKeys: String, CodingKey { case message, detail, code, error }

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
      code = (try? fields.decode(Word.self, forKey: .code))?.text
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
