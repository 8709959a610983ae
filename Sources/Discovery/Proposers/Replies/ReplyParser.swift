import Foundation
import Losses

/// Reads a proposal out of whatever a model wrote.
///
/// A model is asked for one JSON object with the keys `thought`, `name` and `code`. What comes is
/// that object within fences, after a preamble, with raw line breaks in its strings, with a comma
/// too many, with keys in capitals, and so on. Whatever can be read without guessing is read;
/// the rest is a `rejected(parse)` with a sentence that helps to do better.
public struct ReplyParser: Sendable {
  /// A longer reply is refused unread, in bytes.
  public var maximumReply = 1_000_000
  /// A longer program is refused, in bytes.
  public var maximumCode = 64 * 1024
  /// A longer thought is cut, in characters.
  public var maximumThought = 20_000
  /// A longer name is cut, in characters.
  public var maximumName = 100

  public init() {}

  /// The proposal of a reply, with advice that knows why the model stopped.
  public func parse(_ reply: ProposalReply) throws(LossFailure) -> Proposal {
    do {
      return try parse(reply.text)
    } catch {
      var finding = error.finding
      switch reply.finishReason {
      case "length":
        finding.message += " The reply was cut off at the limit of its length."
        finding.remedy = Remedy.shorter
      case "content_filter":
        finding.message += " The endpoint's content filter stopped the reply."
      case "refusal":
        finding.message = "The model declined to answer: “\(Self.excerpt(reply.text))”."
      default: break
      }
      throw LossFailure(finding)
    }
  }

  /// The proposal of a reply's text.
  ///
  /// The first object that has `code` counts. A missing thought is empty and a missing name is
  /// `unnamed`; names are not yet fit for a path.
  ///
  /// - Throws: `LossFailure` with `rejected(parse)`.
  public func parse(_ text: String) throws(LossFailure) -> Proposal {
    guard text.utf8.count <= maximumReply else {
      throw refused(
        "The reply has \(text.utf8.count) bytes, more than the \(maximumReply) allowed.",
        Remedy.shorter)
    }
    // A byte order mark counts as white space.
    let body = text.drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" })
    guard !body.isEmpty else { throw refused("The reply is empty.", Remedy.format) }
    // A reasoning model drafts objects before it answers.
    if let end = body.range(of: "</think>", options: .backwards),
      let proposal = try? parseBody(body[end.upperBound...])
    {
      return proposal
    }
    return try parseBody(body)
  }

  private func parseBody(_ body: Substring) throws(LossFailure) -> Proposal {
    let bytes = Array(body.utf8)
    var first: ReplyScan?
    for style in [ReplyReader.Style.strict, .lenient] {
      let scan = ReplyScan(bytes, style: style)
      if let object = scan.object, object.code != nil { return try proposal(object, bytes) }
      if first == nil { first = scan }
    }
    guard let scan = first else { preconditionFailure("two styles were tried") }
    if let object = scan.object { return try proposal(object, bytes) }
    throw failure(of: scan, bytes)
  }
}
