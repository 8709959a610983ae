import Foundation
import Losses

/// Proposals from a recorded transcript: no model, no network, the same run every time.
///
/// Two forms of file are read. JSON Lines hold one reply a line: `{"reply": "raw text"}`, or a
/// proposal `{"thought", "name", "code"}` itself, or a chat message `{"role", "content"}`, of which
/// the assistant's are replies; a line `{"comment": "…"}` is passed over. A JSON array of chat
/// messages, as DiscoPOP's published code writes to `messages.json`, is the other.
///
/// The directory of a recorded run is a transcript, too. Its replies are given back as they were
/// recorded, with the model, tokens and all that decides how they are read and what builds on them.
///
/// A line with a reply may say under `published_score` what the loss scored where the transcript comes
/// from; null, or nothing, for one that got no score. A run then ends with a comparison.
public final class ReplayProposer: Proposer {
  public let kind = "replay"
  public let canBeAskedAhead = true
  /// The transcript's path as given.
  public let path: String
  /// The replies in their order.
  public var replies: [String] { entries.map(\.text) }
  /// Of the recorded run; nil for a file.
  public let config: RunConfig?
  private let entries: [Recorded]

  /// A larger transcript is refused, in bytes.
  static let maximumSize = 64 << 20

  /// - Throws: `LossmithError`: `missingFile`, or `malformedInput` with file and line.
  public init(path: String) throws(LossmithError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw LossmithError(
        .missingFile, "The transcript cannot be read.", at: path,
        remedy: "Give the path of a file that exists: replay:FILE.")
    }
    guard data.count <= Self.maximumSize else {
      throw LossmithError(
        .malformedInput, "The transcript is larger than \(Self.maximumSize >> 20) MB.", at: path,
        remedy: "Split it into several runs.")
    }
    self.path = path
    config = nil
    entries = try Self.replies(of: data, path: path)
  }

  /// The replies of a recorded run, in the order in which they came.
  ///
  /// - Throws: `LossmithError` as ``RunDirectory/read(at:)``; `malformedInput` for a run without one.
  public init(run: URL) throws {
    path = run.path
    let recorded = try RunDirectory.read(at: run)
    config = recorded.config
    entries = recorded.events.compactMap {
      guard case .received(let reply) = $0.body else { return nil }
      return Recorded(text: reply.text, publishedScore: reply.publishedScore, whole: reply)
    }
    guard !entries.isEmpty else {
      throw LossmithError(
        .malformedInput, "The run holds no reply.", at: path, remedy: "Name another run.")
    }
  }

  /// Whether a path is a folder, which can only be a recorded run.
  public static func isRun(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The reply of `request.index`; nil after the last.
  public func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    guard entries.indices.contains(request.index) else { return nil }
    let entry = entries[request.index]
    if var reply = entry.whole {
      // Nobody is asked, and nothing paid.
      if reply.calls != nil { reply.calls = 0 }
      return reply
    }
    var reply = ProposalReply(text: entry.text, source: path)
    reply.publishedScore = entry.publishedScore
    return reply
  }

  /// A reply of a transcript.
  struct Recorded {
    var text: String
    var publishedScore: Double?
    /// As a run recorded it.
    var whole: ProposalReply?
  }

  static func replies(of data: Data, path: String) throws(LossmithError) -> [Recorded] {
    let bytes = Array(data).trimmingByteOrderMark
    let replies =
      bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[")
      ? try chat(bytes, path: path) : try lines(bytes, path: path)
    guard !replies.isEmpty else {
      throw LossmithError(
        .malformedInput, "The transcript holds no reply.", at: path, remedy: lineRemedy)
    }
    return replies
  }

  private static let lineRemedy =
    "Write one JSON object a line, such as {\"reply\": \"…\"} or "
    + "{\"thought\": \"…\", \"name\": \"…\", \"code\": \"…\"}."

  private static func lines(
    _ bytes: [UInt8], path: String
  ) throws(LossmithError) -> [Recorded] {
    var replies: [Recorded] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { $0 > 0x20 }) {
      let entry: Entry
      do {
        guard let text = String(validating: line, as: UTF8.self) else {
          throw LossmithError(.malformedInput, "The line is not valid UTF-8.")
        }
        entry = try JSON.decode(Entry.self, from: Data(text.utf8))
      } catch {
        let cause = (error as? LossmithError)?.message ?? JSON.explain(error)
        throw LossmithError(
          .malformedInput, "The line is not a recorded reply: \(cause)",
          at: "\(path):\(index + 1)", remedy: lineRemedy)
      }
      switch entry {
      case .reply(let reply): replies.append(reply)
      case .proposal(let score):
        replies.append(
          Recorded(text: String(decoding: line, as: UTF8.self), publishedScore: score))
      case .nothing: break
      }
    }
    return replies
  }

  private static func chat(
    _ bytes: [UInt8], path: String
  ) throws(LossmithError) -> [Recorded] {
    do {
      return try JSON.decode([Entry].self, from: Data(bytes)).compactMap {
        if case .reply(let reply) = $0 { reply } else { nil }
      }
    } catch {
      throw LossmithError(
        .malformedInput, "The transcript is not a list of chat messages: \(JSON.explain(error))",
        at: "\(path):1",
        remedy: "Write a JSON array of {\"role\": \"…\", \"content\": \"…\"}, or JSON Lines.")
    }
  }

  /// What one line or message says.
  private enum Entry: Decodable {
    case reply(Recorded)
    /// The line is itself the reply.
    case proposal(publishedScore: Double?)
    case nothing

    private enum Keys: String, CodingKey {
      case reply, role, content, thought, name, code, comment
      case publishedScore = "published_score"
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Keys.self)
      let score = try fields.decodeIfPresent(Double.self, forKey: .publishedScore)
      if fields.contains(.reply) {
        self = .reply(
          Recorded(
            text: try fields.decode(String.self, forKey: .reply), publishedScore: score))
      } else if fields.contains(.role) {
        let role = try fields.decode(String.self, forKey: .role)
        // A model that answered nothing, or with a tool call, leaves null here.
        let content = try fields.decodeIfPresent(String.self, forKey: .content) ?? ""
        self = role == "assistant" ? .reply(Recorded(text: content)) : .nothing
      } else if fields.contains(.code) || fields.contains(.thought) {
        _ = try fields.decode(String.self, forKey: .code)
        self = .proposal(publishedScore: score)
      } else if fields.contains(.comment) {
        self = .nothing
      } else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription: "it has none of the keys reply, role, code and comment"))
      }
    }
  }
}

extension [UInt8] {
  /// Without the mark that some editors put before UTF-8 text.
  fileprivate var trimmingByteOrderMark: [UInt8] {
    starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
  }
}
