extension String {
  /// The text for a terminal or a log: what could steer either, forge a line or turn the direction
  /// of writing is a visible escape such as `\u{1B}`.
  ///
  /// Names, paths, sources and messages come from authors, models and compilers. Line breaks and
  /// tabs stay; CR LF becomes LF, any other CR an escape. A text without such characters is itself.
  public var shown: String {
    guard unicodeScalars.contains(where: { $0.isHidden && $0 != "\n" && $0 != "\t" }) else {
      return self
    }
    var text = String.UnicodeScalarView()
    let scalars = unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      let next = scalars.index(after: index)
      if scalar == "\r", next != scalars.endIndex, scalars[next] == "\n" { continue }
      if scalar.isHidden, scalar != "\n", scalar != "\t" {
        text.append(contentsOf: scalar.visibleEscape.unicodeScalars)
      } else {
        text.append(scalar)
      }
    }
    return String(text)
  }

  /// As ``shown``, with line breaks and tabs escaped too: for a name, a path or anything else that may
  /// not begin a line of its own.
  public var shownOnOneLine: String {
    guard unicodeScalars.contains(where: \.isHidden) else { return self }
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isHidden {
        text.append(contentsOf: scalar.visibleEscape.unicodeScalars)
      } else {
        text.append(scalar)
      }
    }
    return String(text)
  }

  /// The same lines, those after the first set in, so that none of them looks like a new message.
  public var hanging: String {
    let parts = split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return parts.joined(separator: "\n    ")
  }
}

extension Unicode.Scalar {
  /// Whether one cannot see it: controls (C0, DEL, C1), marks that turn the direction of writing,
  /// separators of lines and other marks of format.
  ///
  /// The joiners U+200C and U+200D are not: words of several languages, and many emoji, need them.
  public var isHidden: Bool {
    if value < 0x7F { return value < 0x20 }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    case .format: return value != 0x200C && value != 0x200D
    default: return false
    }
  }

  /// Whether it turns the direction in which the text around it is shown.
  public var turnsWriting: Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// `\u{1B}`, as Swift writes it in a literal.
  fileprivate var visibleEscape: String {
    "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}
