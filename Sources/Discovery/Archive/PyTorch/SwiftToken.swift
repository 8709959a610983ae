/// A word of a loss's source, as far as translating it needs.
struct SwiftToken: Hashable {
  enum Kind: Hashable { case name, number, symbol, string, end }

  var kind: Kind
  var text: String
  /// From 1.
  var line: Int
  var startsLine = false
  /// White space on either side: what tells a minus sign from a minus between operands.
  var spaceBefore = false
  var spaceAfter = false

  /// Cuts a source that has passed the lint and the compiler. Comments are left out.
  static func all(of source: String) -> [SwiftToken] {
    let text = Array(source.unicodeScalars)
    var tokens: [SwiftToken] = []
    var (place, line) = (0, 1)
    var (isNewLine, isSpaced) = (true, true)

    func scalar(_ ahead: Int = 0) -> Unicode.Scalar? {
      place + ahead < text.count ? text[place + ahead] : nil
    }
    func isWord(_ scalar: Unicode.Scalar?) -> Bool {
      guard let scalar else { return false }
      return scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }
    func add(_ kind: Kind, _ word: String) {
      if isSpaced, let last = tokens.indices.last { tokens[last].spaceAfter = true }
      tokens.append(
        SwiftToken(
          kind: kind, text: word, line: line, startsLine: isNewLine, spaceBefore: isSpaced))
      (isNewLine, isSpaced) = (false, false)
    }

    while let next = scalar() {
      if next == "\n" {
        line += 1
        place += 1
        (isNewLine, isSpaced) = (true, true)
      } else if next.properties.isWhitespace {
        place += 1
        isSpaced = true
      } else if next == "/", scalar(1) == "/" {
        while let inner = scalar(), inner != "\n" { place += inner == "\n" ? 0 : 1 }
      } else if next == "/", scalar(1) == "*" {
        var depth = 0
        repeat {
          if scalar() == "/", scalar(1) == "*" {
            depth += 1
            place += 2
          } else if scalar() == "*", scalar(1) == "/" {
            depth -= 1
            place += 2
          } else {
            if scalar() == "\n" { line += 1 }
            place += 1
          }
        } while depth > 0 && place < text.count
        isSpaced = true
      } else if ("0"..."9").contains(next) {
        let start = place
        let isHexadecimal = scalar(1) == "x"
        while let digit = scalar() {
          let isExponent = isHexadecimal ? digit == "p" : digit == "e" || digit == "E"
          if isExponent, scalar(1) == "-" || scalar(1) == "+" {
            place += 2
          } else if isWord(digit) || digit == "." && isWord(scalar(1)) && scalar(1) != "_" {
            place += 1
          } else {
            break
          }
        }
        add(.number, String(String.UnicodeScalarView(text[start..<place])))
      } else if isWord(next) || next == "`" {
        let start = place
        place += 1
        while isWord(scalar()) || scalar() == "`" { place += 1 }
        let word = String(String.UnicodeScalarView(text[start..<place]))
        add(.name, word.filter { $0 != "`" })
      } else if next == "\"" {
        place += 1
        let start = place
        while let inner = scalar(), inner != "\"", inner != "\n" {
          place += inner == "\\" ? 2 : 1
        }
        add(.string, String(String.UnicodeScalarView(text[start..<min(place, text.count)])))
        place += 1
      } else {
        let symbols = [
          "..<", "...", "->", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=",
        ]
        let symbol =
          symbols.first { symbol in
            symbol.unicodeScalars.enumerated().allSatisfy { scalar($0.offset) == $0.element }
          } ?? String(next)
        place += symbol.unicodeScalars.count
        add(.symbol, symbol)
      }
    }
    add(.end, "")
    return tokens
  }
}
