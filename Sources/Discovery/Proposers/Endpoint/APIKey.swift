import Foundation
import Losses

/// The key of an endpoint. Its text leaves this type only as a header.
public struct APIKey: Sendable {
  /// The environment variable that it came from.
  public let variable: String
  private let secret: String

  /// The key of the named variable, or of the first of the language's variables that is set.
  ///
  /// - Returns: nil when no variable is named and no default one is set: a server on this machine
  ///   may need no key.
  /// - Throws: `LossmithError` (`usage`) when the named variable is not set, or when the value
  ///   cannot be a key.
  public static func find(
    variable: String? = nil, for api: ChatAPI = .openai, in environment: [String: String]
  ) throws(LossmithError) -> APIKey? {
    for name in variable.map({ [$0] }) ?? api.keyVariables {
      let value = (environment[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
      if value.isEmpty { continue }
      guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), value.utf8.count <= 8192 else {
        throw LossmithError(
          .usage,
          "The value of the variable is no key: it holds spaces, line breaks or letters "
            + "that a header cannot.", at: name, remedy: "Set the variable to the bare key.")
      }
      return APIKey(variable: name, secret: value)
    }
    guard let variable else { return nil }
    throw LossmithError(
      .usage, "The environment variable that should hold the key is not set.", at: variable,
      remedy: "Export it, or name another one with \(ChatEndpoint.Flag.keyVariable).")
  }

  private init(variable: String, secret: String) {
    self.variable = variable
    self.secret = secret
  }

  /// The value of the `Authorization` field.
  var bearer: String { "Bearer " + secret }

  /// The value of a field that takes the bare key.
  var header: String { secret }

  /// Too short to be a secret.
  var isShort: Bool { secret.utf8.count < 8 }

  /// A text without the key; servers like to quote it in their errors.
  func redacted(_ text: String) -> String {
    Redaction.without(secret, text)
  }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "key of \(variable)" }
  public var debugDescription: String { description }
  /// Without children, so that `dump` has nothing to show.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Removal of what looks like a key from words that came from outside.
enum Redaction {
  /// The text of a reply without the secrets that went out with the request. Nothing but these is
  /// touched: what looks like a key may be code. For the same reason a key of less than eight
  /// characters, such as the `none` that a local server is content with, is let be.
  static func withoutSecrets(_ text: String, key: APIKey?, url: EndpointURL) -> String {
    url.redactedSecrets(key.map { $0.isShort ? text : $0.redacted(text) } ?? text)
  }

  /// The text without a secret, be it spelled as it is or with the escapes that JSON has for its
  /// characters (`\u0041` or `\/`), each of them or some.
  static func without(_ secret: String, _ text: String) -> String {
    let text = text.replacingOccurrences(of: secret, with: "[key]")
    guard text.contains("\\") else { return text }
    let pattern = secret.unicodeScalars.map { scalar in
      let literal = NSRegularExpression.escapedPattern(for: String(scalar))
      let units = String(scalar).utf16.map { unit in
        let hex = String(unit, radix: 16)
        return "\\\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      }
      let escaped = "(?i:" + units.joined() + ")"
      // A letter after a backslash is another escape; a mark is itself.
      let isMark = !scalar.properties.isAlphabetic && !(48...57).contains(scalar.value)
      return "(?:" + (isMark ? "\\\\?" : "") + literal + "|" + escaped + ")"
    }.joined()
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return text }
    return expression.stringByReplacingMatches(
      in: text, range: NSRange(text.startIndex..., in: text), withTemplate: "[key]")
  }

  /// The text without the key itself and without anything of the shape of a bearer token.
  static func clean(_ text: String, key: APIKey?) -> String {
    (key?.redacted(text) ?? text)
      .replacing(/(?i)bearer\s+\S+/, with: "[key]")
      .replacing(/\b(?:sk|pk|key|gsk|xai|hf)[-_][A-Za-z0-9*_\-]{6,}/, with: "[key]")
  }
}
