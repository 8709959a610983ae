import Foundation
import Losses

/// Why one try got no reply.
enum ChatFailure: Error {
  case aborted
  case transport(HTTPFailure)
  /// A status that is no success.
  case refused(HTTPResponse)
  /// Success, but no chat completion: what is wrong, a full sentence.
  case unreadable(String)
  /// Success without any choice, or with JSON that breaks off: may be better next time.
  case incomplete(String)

  var isTransient: Bool {
    switch self {
    case .aborted, .unreadable: return false
    case .incomplete: return true
    case .transport(let failure): return failure.isTransient
    case .refused(let response):
      switch response.status {
      // An exhausted account answers 429 as well, and waiting does not fill it.
      case 429:
        return !["insufficient_quota", "billing_error"].contains(
          Self.fault(of: response)?.code ?? "")
      case 408, 409, 425: return true
      case 501, 505: return false
      default: return response.status >= 500
      }
    }
  }

  var retryAfter: Double? {
    if case .refused(let response) = self { response.retryAfter() } else { nil }
  }

  /// For the journal.
  var outcome: JournalEvent.Attempt.Outcome {
    switch self {
    case .aborted: .aborted
    case .refused: .refused
    case .unreadable: .unreadable
    case .incomplete: .incomplete
    case .transport(let failure):
      switch failure.kind {
      case .unreachable: .unreachable
      case .tls: .tls
      case .timeout: .timeout
      case .cut: .cut
      case .garbled: .garbled
      case .tooLarge: .tooLarge
      case .aborted: .aborted
      case .other: .other
      }
    }
  }

  /// Whether the server may have done the work and charge for it.
  ///
  /// Providers charge for what a model wrote, not for errors. So a refusal is free, but for a gateway's
  /// word that the server behind it took too long; everything that may have reached a model is not.
  ///
  /// - Parameter status: of the answer; nil where none came.
  func mayBePaid(status: Int?) -> Bool {
    switch self {
    case .aborted: return true
    case .transport(let failure): return failure.kind != .unreachable && failure.kind != .tls
    case .refused, .unreadable, .incomplete:
      guard let status else { return false }
      return (200..<300).contains(status) || [408, 504, 524].contains(status)
    }
  }

  static func fault(of response: HTTPResponse) -> ChatFault? {
    let text = String(decoding: response.body, as: UTF8.self)
    return try? JSON.decode(ChatFault.self, from: Data(text.utf8))
  }

  // MARK: - Words

  /// The fault in a few words on one line, without secrets.
  func summary(for endpoint: ChatEndpoint) -> String {
    func clean(_ text: String) -> String {
      let text = endpoint.baseURL.redacted(Redaction.clean(text, key: endpoint.key))
      return ReplyParser.excerpt(text, length: 300)
    }
    switch self {
    case .aborted: return "interrupted"
    case .transport(let failure): return clean(failure.message)
    case .unreadable(let text), .incomplete(let text): return clean(text)
    case .refused(let response):
      let said = clean(Self.fault(of: response)?.message ?? "")
      return "the endpoint answered with status \(response.status)"
        + (said.isEmpty ? "" : ": “\(said)”")
    }
  }

  /// The error that ends the tries.
  func error(for endpoint: ChatEndpoint, tries: Int) -> LossmithError {
    let count = tries > 1 ? "after \(tries) tries" : "at the first try"
    return error(for: endpoint, "The model gave no reply \(count)")
  }

  /// The fault behind a few words that say what came of it.
  func error(for endpoint: ChatEndpoint, _ opening: String) -> LossmithError {
    let summary = summary(for: endpoint)
    let end = summary.hasSuffix(".") || summary.hasSuffix("”") ? "" : "."
    return LossmithError(
      .endpoint, "\(opening): \(summary)\(end)", at: endpoint.completionsURL.shown,
      remedy: remedy(for: endpoint))
  }

  private func remedy(for endpoint: ChatEndpoint) -> String {
    typealias Flag = ChatEndpoint.Flag
    let url = "\(Flag.baseURL) or \(Flag.baseURLVariable)"
    switch self {
    case .aborted: return "Start again."
    case .unreadable, .incomplete:
      return endpoint.api == .openai
        ? "Check \(url): it should name an OpenAI-compatible server and usually ends in /v1."
        : "Check \(url): it should name a server of Anthropic's messages; see \(Flag.api)."
    case .transport(let failure):
      switch failure.kind {
      case .unreachable:
        return "Start the server or correct \(url); behind a proxy set https_proxy and no_proxy."
      case .tls:
        return "Check the server's certificate and this machine's (package ca-certificates), "
          + "or name a file of certificates in SSL_CERT_FILE; a plain local server wants http:// "
          + "in \(url)."
      case .tooLarge: return "Check \(url): no chat completion is that long."
      case .timeout, .cut, .garbled, .aborted, .other:
        return "Try again later, or check \(url) and the network."
      }
    case .refused(let response):
      return Self.remedy(status: response.status, url: url, endpoint: endpoint)
    }
  }

  private static func remedy(status: Int, url: String, endpoint: ChatEndpoint) -> String {
    typealias Flag = ChatEndpoint.Flag
    switch status {
    case 401, 403, 407:
      guard let key = endpoint.key else {
        return
          "Export a key in \(endpoint.api.keyVariables[0]), or name the variable that holds it "
          + "with \(Flag.keyVariable)."
      }
      return "Check the key in the environment variable \(key.variable), or name another variable "
        + "with \(Flag.keyVariable)."
    case 402: return "The account has no credit left: add some, or use another endpoint."
    case 404, 405:
      return "Check \(url), which usually ends in /v1, and the model's name in \(Flag.model) or "
        + "\(Flag.modelVariable) (now “\(endpoint.model)”)."
    case 300..<400:
      return "Redirects are not followed, since the request carries a key: put the address it "
        + "leads to into \(url)."
    case 429: return "The account's limit is reached: wait, or use another model or endpoint."
    case 500...: return "The server is in trouble: try again later or use another endpoint."
    default:
      return "Check \(url) and the model's name in \(Flag.model) or \(Flag.modelVariable) "
        + "(now “\(endpoint.model)”)."
    }
  }
}
