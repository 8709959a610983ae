import Losses

/// Text made safe for HTML and SVG, contents and quoted attributes alike.
///
/// Names, thoughts, sources and messages come from models and plug-ins. They pass through here, and
/// nowhere else, on their way into a page: the initialiser is the only way to make one from a string.
///
/// Escaping works on Unicode scalars. On characters it would miss `"` followed by a combining mark,
/// which Swift sees as one character and a browser as the end of an attribute.
public struct Markup: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// Escapes a text.
  ///
  /// `& < > " '` become entities. Controls that XML forbids become U+FFFD. Characters that turn the
  /// direction of writing round become visible, so that no source reads otherwise than it runs.
  public init(_ text: String) {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n": escaped.unicodeScalars.append(scalar)
      case "\r": break
      case _ where scalar.turnsWriting:
        escaped += "⟨U+\(String(scalar.value, radix: 16, uppercase: true))⟩"
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    description = escaped
  }

  /// Markup that this module built itself.
  init(trusted markup: String) {
    description = markup
  }
}
