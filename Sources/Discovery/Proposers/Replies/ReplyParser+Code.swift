import Foundation
import Losses

extension ReplyParser {
  /// The proposal of an object, its code cleaned; the code may also stand beside the object.
  func proposal(_ object: ReplyObject, _ bytes: [UInt8]) throws(LossFailure) -> Proposal {
    let raw = if let code = object.code { code } else { try fencedCode(beside: object, bytes) }
    let code = Self.clean(raw)
    guard code.contains(where: { !$0.isWhitespace }) else {
      throw refused("The value of “code” holds no code.", Remedy.code)
    }
    guard code.utf8.count <= maximumCode else {
      throw refused(
        "The code has \(code.utf8.count) bytes, more than the \(maximumCode) allowed.",
        Remedy.shorter)
    }
    if let control = code.unicodeScalars.first(where: Self.isForbidden) {
      let hex = String(control.value, radix: 16, uppercase: true)
      throw refused(
        "The code holds the control character U+\(String(repeating: "0", count: 4 - hex.count))"
          + "\(hex).", "Write the code with printable characters, spaces and line breaks only.")
    }
    let name = (object.string("name") ?? "unnamed")
      .components(separatedBy: .controlCharacters).joined(separator: " ")
      .trimmingCharacters(in: .whitespaces)
    let thought = (object.string("thought") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    return Proposal(
      thought: String(thought.prefix(maximumThought)),
      name: name.isEmpty ? "unnamed" : String(name.prefix(maximumName)), code: code)
  }

  /// The one Swift block that stands in a reply outside the object.
  private func fencedCode(
    beside object: ReplyObject, _ bytes: [UInt8]
  ) throws(LossFailure) -> String {
    let around =
      String(decoding: bytes[..<object.range.lowerBound], as: UTF8.self) + "\n"
      + String(decoding: bytes[object.range.upperBound...], as: UTF8.self)
    let blocks = Self.fences(in: around).filter { $0.language == "swift" || $0.language.isEmpty }
      .filter { $0.text.contains(where: { !$0.isWhitespace }) }
    guard let block = blocks.first else { throw missingCode(object) }
    guard blocks.count == 1 else {
      throw refused(
        "The JSON object has no “code”, and \(blocks.count) blocks of code stand beside it.",
        Remedy.code)
    }
    return block.text
  }

  /// The fenced blocks of a Markdown text; one that never closes reaches to the end.
  static func fences(in text: String) -> [(language: String, text: String)] {
    var blocks: [(language: String, text: String)] = []
    var open: (language: String, lines: [Substring])?
    let unified = text.replacingOccurrences(of: "\r\n", with: "\n")
    for line in unified.split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = line.drop(while: \.isWhitespace)
      guard trimmed.hasPrefix("```") else {
        open?.lines.append(line)
        continue
      }
      if let block = open {
        blocks.append((block.language, block.lines.joined(separator: "\n")))
        open = nil
      } else {
        let language = trimmed.drop(while: { $0 == "`" }).trimmingCharacters(in: .whitespaces)
        open = (language.lowercased(), [])
      }
    }
    if let block = open {
      blocks.append((block.language, block.lines.joined(separator: "\n")))
    }
    return blocks
  }

  /// Code without fences around it, with line feeds only.
  static func clean(_ text: String) -> String {
    var code = text.replacingOccurrences(of: "\r\n", with: "\n")
      .replacingOccurrences(of: "\r", with: "\n")
      .trimmingCharacters(in: .newlines)
    if !code.contains("\n"), code.contains("\\n") {
      // Escaped twice: a program on one line that spells its line breaks out.
      code = code.replacingOccurrences(of: "\\n", with: "\n")
        .replacingOccurrences(of: "\\t", with: "\t")
        .replacingOccurrences(of: "\\\"", with: "\"")
    }
    if code.drop(while: \.isWhitespace).hasPrefix("```"), let block = fences(in: code).first {
      code = block.text.trimmingCharacters(in: .newlines)
    }
    return code
  }

  /// Control characters that no program needs.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || scalar.value == 0x7F
  }
}
