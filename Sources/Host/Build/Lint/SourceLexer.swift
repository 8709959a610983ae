/// Cuts Swift source into tokens, so that the lint reads code and not comments or strings.
///
/// It knows nested comments, escaped identifiers, and string literals of every kind (multi-line,
/// raw, interpolated, nested). It does not know regex literals, which Embedded Swift cannot
/// compile. Any bytes are legal input: the lexer never traps and takes time in proportion to them.
struct SourceLexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lineStart = 0
  private var depth = 0
  private var result = LexedSource()

  /// Interpolations inside interpolations beyond this many are not looked into.
  private static let nestingLimit = 16

  static func lex(_ source: String) -> LexedSource {
    var lexer = SourceLexer(bytes: Array(source.utf8))
    lexer.code(nesting: 0)
    return lexer.result
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark at the start is no part of the text; the compiler counts it as columns.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  // MARK: Characters

  private func byte(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private func looking(at text: StaticString) -> Bool {
    guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + $0.count]) }
  }

  /// Steps over one byte and keeps count of lines; CR, LF and CR LF each end one.
  private mutating func advance() {
    let ended = bytes[position] == 10 || (bytes[position] == 13 && byte(1) != 10)
    position += 1
    if ended {
      line += 1
      lineStart = position
    }
  }

  private mutating func advance(_ count: Int) {
    for _ in 0..<count where position < bytes.count { advance() }
  }

  private var column: Int { position - lineStart + 1 }

  private mutating func fault(_ message: String, _ line: Int, _ column: Int) {
    result.faults.append((line, column, message))
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x80...: true
    default: false
    }
  }

  private mutating func identifier() -> String {
    let start = position
    while let next = byte(), Self.isIdentifier(next) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  // MARK: Code

  /// Lexes until the end, or until the parenthesis that closes an interpolation.
  private mutating func code(nesting: Int) {
    var parentheses = 0
    while let next = byte() {
      if nesting > 0, next == UInt8(ascii: ")"), parentheses == 0 { return }
      if next == UInt8(ascii: "(") { parentheses += 1 }
      if next == UInt8(ascii: ")") { parentheses -= 1 }
      token(next, nesting: nesting)
    }
  }

  private mutating func token(_ next: UInt8, nesting: Int) {
    var token = SourceToken(
      kind: .punctuation, text: "", line: line, column: column, depth: depth)
    switch next {
    case 0x09...0x0d, 0x20: return advance()
    case UInt8(ascii: "/") where looking(at: "//"): return lineComment()
    case UInt8(ascii: "/") where looking(at: "/*"): return blockComment()
    case UInt8(ascii: "\""): return string(hashes: 0, nesting: nesting)
    case UInt8(ascii: "#"):
      let hashes = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
      if byte(hashes) == UInt8(ascii: "\"") { return string(hashes: hashes, nesting: nesting) }
      position += 1
      token.kind = .directive
      token.text = identifier()
    case UInt8(ascii: "@"):
      position += 1
      while byte() == 0x20 || byte() == 0x09 { position += 1 }
      token.kind = .attribute
      token.text = identifier()
    case UInt8(ascii: "`"):
      position += 1
      let start = position
      while let inner = byte(), inner != UInt8(ascii: "`"), inner != 10, inner != 13 {
        position += 1
      }
      token.kind = .quotedIdentifier
      token.text = String(decoding: bytes[start..<position], as: UTF8.self)
      if byte() == UInt8(ascii: "`") { position += 1 }
    case 0x30...0x39:
      token.kind = .number
      token.text = identifier()
    case _ where Self.isIdentifier(next):
      token.kind = .identifier
      token.text = identifier()
    case 0x00...0x1f, 0x7f:
      fault("there is a control character in the source", line, column)
      return advance()
    default:
      if next == UInt8(ascii: "{") { depth += 1 }
      if next == UInt8(ascii: "}") { depth -= 1 }
      token.text = String(UnicodeScalar(next))
      position += 1
    }
    result.tokens.append(token)
  }

  // MARK: Comments

  private mutating func lineComment() {
    let start = position
    let place = line
    while let next = byte(), next != 10, next != 13 { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if text.hasPrefix("///") { document(text.dropFirst(3), at: place) }
  }

  private mutating func blockComment() {
    let (openLine, openColumn, start) = (line, column, position)
    var open = 0
    repeat {
      if looking(at: "/*") {
        open += 1
        advance(2)
      } else if looking(at: "*/") {
        open -= 1
        advance(2)
      } else if byte() != nil {
        advance()
      } else {
        return fault("a comment never ends", openLine, openColumn)
      }
    } while open > 0
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard text.hasPrefix("/**"), text.utf8.count > 4 else { return }
    let body = text.dropFirst(3).dropLast(2)
    for (index, part) in body.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      document(part.drop { $0 == " " || $0 == "*" }, at: openLine + index)
    }
  }

  private mutating func document(_ text: Substring, at line: Int) {
    let start = text.drop { $0 == " " || $0 == "\t" }
    result.documentation.append((line, String(start)))
  }

  // MARK: Strings

  private mutating func string(hashes: Int, nesting: Int) {
    let (openLine, openColumn) = (line, column)
    result.tokens.append(
      SourceToken(kind: .string, text: "", line: line, column: column, depth: depth))
    position += hashes
    let isLong = looking(at: "\"\"\"")
    let quotes = isLong ? 3 : 1
    position += quotes
    while let next = byte() {
      if next == UInt8(ascii: "\""), closes(quotes: quotes, hashes: hashes) {
        position += quotes + hashes
        return
      }
      if next == UInt8(ascii: "\\"), escapes(hashes: hashes) {
        advance(1 + hashes)
        if byte() == UInt8(ascii: "("), nesting < Self.nestingLimit {
          advance()
          code(nesting: nesting + 1)
        }
        if byte() != nil { advance() }
        continue
      }
      if !isLong, next == 10 || next == 13 { break }
      advance()
    }
    fault("a string never ends", openLine, openColumn)
  }

  private func closes(quotes: Int, hashes: Int) -> Bool {
    for index in 0..<quotes where byte(index) != UInt8(ascii: "\"") { return false }
    for index in 0..<hashes where byte(quotes + index) != UInt8(ascii: "#") { return false }
    return true
  }

  private func escapes(hashes: Int) -> Bool {
    for index in 0..<hashes where byte(1 + index) != UInt8(ascii: "#") { return false }
    return true
  }
}
