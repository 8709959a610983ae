/// Swift and C sources with their keywords, comments, strings and numbers marked.
///
/// It reads for the eye, not for meaning: whatever the text is, the result shows every character of it,
/// escaped. Short elements keep a page of hundreds of sources small: `b` keyword, `i` comment, `q`
/// string, `u` number.
enum SourceHighlighter {
  private static let keywords: Set<String> = [
    "func", "let", "var", "return", "if", "else", "for", "in", "while", "guard", "switch", "case",
    "default", "struct", "enum", "import", "true", "false", "nil", "where", "private", "static",
    "public", "inout", "typealias", "break", "continue", "repeat", "do", "init", "self",
    "extension",
    "const", "double", "int", "void", "auto", "using", "namespace", "template", "typename",
    "include",
  ]

  static func markup(_ source: String) -> Markup {
    // On scalars, as in ``Markup``: the pieces are the text, cut between scalars.
    let text = Array(source.unicodeScalars)
    var out = ""
    var plain = String.UnicodeScalarView()
    var place = 0

    func flush() {
      if !plain.isEmpty { out += Markup(String(plain)).description }
      plain = .init()
    }
    func emit(_ element: String, until end: Int) {
      flush()
      var piece = String.UnicodeScalarView()
      piece.append(contentsOf: text[place..<end])
      out += "<\(element)>\(Markup(String(piece)))</\(element)>"
      place = end
    }
    func ahead(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
      place + 1 < text.count && text[place] == first && text[place + 1] == second
    }

    while place < text.count {
      let scalar = text[place]
      if ahead("/", "/") {
        emit("i", until: text[place...].firstIndex(of: "\n") ?? text.count)
      } else if ahead("/", "*") {
        emit("i", until: endOfBlock(text, from: place + 2))
      } else if scalar == "\"" {
        emit("q", until: endOfString(text, from: place + 1))
      } else if isLetter(scalar) {
        let end = text[place...].firstIndex { !isLetter($0) && !isDigit($0) } ?? text.count
        var word = String.UnicodeScalarView()
        word.append(contentsOf: text[place..<end])
        if keywords.contains(String(word)) {
          emit("b", until: end)
        } else {
          plain.append(contentsOf: word)
          place = end
        }
      } else if isDigit(scalar) {
        emit("u", until: endOfNumber(text, from: place))
      } else {
        plain.append(scalar)
        place += 1
      }
    }
    flush()
    return Markup(trusted: out)
  }

  private static func endOfBlock(_ text: [Unicode.Scalar], from start: Int) -> Int {
    var place = start
    while place + 1 < text.count {
      if text[place] == "*", text[place + 1] == "/" { return place + 2 }
      place += 1
    }
    return text.count
  }

  /// A string ends at its line's end at the latest.
  private static func endOfString(_ text: [Unicode.Scalar], from start: Int) -> Int {
    var place = start
    while place < text.count, text[place] != "\n" {
      if text[place] == "\\" {
        place += 2
        continue
      }
      if text[place] == "\"" { return place + 1 }
      place += 1
    }
    return min(place, text.count)
  }

  private static func endOfNumber(_ text: [Unicode.Scalar], from start: Int) -> Int {
    var place = start
    while place < text.count {
      let isExponentSign =
        (text[place] == "-" || text[place] == "+") && place > start
        && (text[place - 1] == "e" || text[place - 1] == "E")
      let isPoint = text[place] == "." && place + 1 < text.count && isDigit(text[place + 1])
      guard isDigit(text[place]) || isLetter(text[place]) || isPoint || isExponentSign else {
        break
      }
      place += 1
    }
    return place
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
