import Foundation
import Losses

/// Proposals from a person: the prompt goes to a file and to the terminal, the reply is pasted.
///
/// A reply ends with a line that holds a single dot, or with the end of the input. A reply of one line
/// that begins with `@` names a file that holds it. White space before a reply is passed over.
/// In a pipe the replies of a run stand one after the other.
public final class ManualProposer: Proposer {
  public let kind = "manual"

  /// A longer reply is refused, in bytes.
  static let maximumReply = 4 << 20

  private let folder: URL
  private let input: LineInput
  private let show: (String) -> Void

  /// - Parameters:
  ///   - folder: where `prompt.md` (the whole conversation) and `message.md` (what is new) are written.
  ///   - input: a descriptor to read replies from; it is not closed.
  ///   - show: takes what the person must see.
  ///   - shouldAbort: asked ten times a second while waiting; true ends with `interrupted`.
  public init(
    folder: URL, input: Int32 = 0, show: @escaping (String) -> Void,
    shouldAbort: @escaping () -> Bool = { false }
  ) {
    self.folder = folder
    self.input = LineInput(input, shouldAbort: shouldAbort)
    self.show = show
  }

  /// - Throws: `LossmithError`: `interrupted`, `storage` when the prompt cannot be written.
  /// - Returns: nil when the input ends before a reply begins.
  public func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    let message = newMessage(request)
    let whole = folder.appending(path: "prompt.md")
    try write(conversation(request), to: whole)
    try write(message, to: folder.appending(path: "message.md"))
    show(
      (request.exchanges.isEmpty ? message : request.exchanges.last?.feedback ?? message)
        + """

        The whole conversation is in \(whole.path), what is new in message.md beside it.
        Paste the reply (or @FILE), then a line with a single dot; Ctrl-D ends the run, Ctrl-C \
        pauses it.
        """)
    while let text = try input.reply(limit: Self.maximumReply) {
      let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
      if line.hasPrefix("@"), !line.contains("\n") {
        do {
          return reply(
            try read(String(line.dropFirst()).trimmingCharacters(in: .whitespaces)), request)
        } catch {
          show(error.description)
          continue
        }
      }
      return reply(text, request)
    }
    return nil
  }

  private func reply(_ text: String, _ request: ProposalRequest) -> ProposalReply {
    var reply = ProposalReply(text: text, source: "a person")
    reply.basis = request.basis
    return reply
  }

  private func read(_ path: String) throws(LossmithError) -> String {
    let expanded = (path as NSString).expandingTildeInPath
    guard let handle = FileHandle(forReadingAtPath: expanded),
      let data = try? handle.read(upToCount: Self.maximumReply + 1)
    else {
      throw LossmithError(
        .missingFile, "The file of the reply cannot be read.", at: path,
        remedy: "Give another @FILE, or paste the reply.")
    }
    guard data.count <= Self.maximumReply else {
      throw LossmithError(
        .malformedInput, "The reply is longer than \(Self.maximumReply >> 20) MiB.", at: path,
        remedy: "Give another @FILE, or paste the reply.")
    }
    return String(decoding: data, as: UTF8.self)
  }

  // MARK: - Files

  private func conversation(_ request: ProposalRequest) -> String {
    ChatMessage.conversation(of: request).map(Self.shown).joined(separator: "\n")
  }

  /// What a person who holds the conversation in another program has to paste there.
  private func newMessage(_ request: ProposalRequest) -> String {
    guard let last = request.exchanges.last else {
      return request.system + "\n" + request.opening
    }
    return last.feedback
  }

  private static func shown(_ message: ChatMessage) -> String {
    let head =
      switch message.role {
      case .system: "System"
      case .user: "Lossmith"
      case .assistant: "Reply"
      }
    return "---- \(head) ----\n\n\(message.text)\n"
  }

  private func write(_ text: String, to file: URL) throws(LossmithError) {
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw LossmithError(
        .storage, "The prompt cannot be written.", at: file.path,
        remedy: "Make room or mend permissions, then resume the run.", underlying: error)
    }
  }
}
