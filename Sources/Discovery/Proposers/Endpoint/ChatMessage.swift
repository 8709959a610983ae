import Foundation

/// One message of a conversation, in no server's language yet.
struct ChatMessage: Hashable, Sendable {
  enum Role: String, Sendable { case system, user, assistant }

  var role: Role
  var text: String
  /// PNG files.
  var images: [Data] = []

  /// Nor does the text speak of them.
  var withoutImages: ChatMessage {
    let told = images.isEmpty ? text : text.replacingOccurrences(of: Self.caption, with: "")
    return ChatMessage(role: role, text: told)
  }

  private static let caption = "\n" + CurveImage.legend

  /// The conversation of a request. Some servers refuse a message without content, so an empty
  /// reply is shown as what it was.
  static func conversation(of request: ProposalRequest) -> [ChatMessage] {
    var messages = [
      ChatMessage(role: .system, text: request.system),
      ChatMessage(role: .user, text: request.opening),
    ]
    for exchange in request.exchanges {
      messages.append(
        ChatMessage(role: .assistant, text: shown(exchange.reply, or: "(empty reply)")))
      messages.append(ChatMessage(role: .user, text: shown(exchange.feedback, or: "(no feedback)")))
    }
    if !request.images.isEmpty {
      messages[messages.count - 1].images = request.images
      messages[messages.count - 1].text += caption
    }
    return messages
  }

  private static func shown(_ text: String, or substitute: String) -> String {
    text.allSatisfy(\.isWhitespace) ? substitute : text
  }
}
