/// One message of a conversation.
///
/// Conversations are written as the transcripts of Anthropic's helpful-and-harmless data: two line
/// feeds, the speaker (`Human`, `Assistant`, `System`, any other role with a capital), a colon, a
/// blank, the text. The prompt ends with `Assistant:` and so asks for an answer. A model that was
/// trained with a template of its own wants its data written out in that template.
struct ChatMessage: Hashable {
  var role: String
  var content: String

  static func list(_ values: [JSONValue]) throws(PreferenceRow.Unusable) -> [ChatMessage] {
    var messages: [ChatMessage] = []
    for value in values {
      guard let role = value.object?["role"]?.string, !role.isEmpty,
        let content = value.object?["content"]?.string
      else { throw PreferenceRow.Unusable(reason: .badMessage) }
      messages.append(ChatMessage(role: role, content: content))
    }
    return messages
  }

  private var speaker: String {
    switch role {
    case "user": "\n\nHuman:"
    case "assistant": "\n\nAssistant:"
    default: "\n\n\(role.prefix(1).uppercased())\(role.dropFirst()):"
    }
  }

  private var rendered: String { "\(speaker) \(content)" }

  /// The texts of a prompt and its two completions.
  ///
  /// When both completions begin with the same speaker, the speaker's name ends the prompt.
  /// A completion without any text is empty.
  static func render(
    _ prompt: [ChatMessage], _ first: [ChatMessage], _ second: [ChatMessage]
  ) -> (prompt: String, first: String, second: String) {
    var start = prompt.map(\.rendered).joined()
    var shared = 0
    if let speaker = first.first?.speaker, speaker == second.first?.speaker {
      start += speaker
      shared = speaker.utf8.count
    }
    func completion(_ messages: [ChatMessage]) -> String {
      guard messages.contains(where: { !$0.content.isEmpty }) else { return "" }
      return String(
        decoding: messages.map(\.rendered).joined().utf8.dropFirst(shared), as: UTF8.self)
    }
    return (start, completion(first), completion(second))
  }
}
