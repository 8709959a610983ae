import Losses

extension ReplyParser {
  /// The advice that goes with a refusal.
  enum Remedy {
    static let format =
      "Answer with one JSON object and nothing else, with the keys \"thought\", \"name\" and "
      + "\"code\" in this order, all three strings."
    static let escapes =
      "Answer with one JSON object; within its strings write \\n for a line break, \\\" for a "
      + "quote and \\\\ for a backslash."
    static let shorter = "Answer again with a shorter thought and shorter code."
    static let code =
      "Put the whole Swift source of the loss as a string under the key \"code\" of the object."
  }

  func refused(_ message: String, _ remedy: String) -> LossFailure {
    LossFailure(.rejected(.parse), message, remedy: remedy)
  }

  /// Says why no object could be read.
  func failure(of scan: ReplyScan, _ bytes: [UInt8]) -> LossFailure {
    guard let problem = scan.problem else {
      return refused(
        "There is no JSON object in the reply; it begins with "
          + "“\(Self.excerpt(String(decoding: bytes.prefix(400), as: UTF8.self)))”.",
        Remedy.format)
    }
    let place = Self.place(problem.position, in: bytes)
    let opened = Self.place(problem.start, in: bytes)
    let key = problem.key.map { " in the value of “\(Self.excerpt($0))”" } ?? ""
    switch problem.kind {
    case .cutOff:
      return refused(
        "The JSON object that opens at line \(opened.line) is not complete: the reply ends\(key).",
        "Close every string and brace. If the reply was too long, answer with a shorter thought "
          + "and shorter code.")
    case .expected(let what):
      let seen = Self.excerpt(
        String(
          decoding: bytes[problem.position..<min(bytes.count, problem.position + 30)],
          as: UTF8.self))
      return refused(
        "The JSON object that opens at line \(opened.line) breaks at line \(place.line), column "
          + "\(place.column)\(key): \(what) was expected before “\(seen)”.", Remedy.escapes)
    case .tooDeep:
      return refused("The JSON of the reply is nested too deeply.", Remedy.format)
    case .tooMany:
      return refused("The JSON object of the reply has too many keys.", Remedy.format)
    }
  }

  /// Says why an object has no code.
  func missingCode(_ object: ReplyObject) -> LossFailure {
    switch object.values["code"] {
    case .other(let kind)?:
      return refused("The value of “code” is \(kind), not a string.", Remedy.code)
    case .string?: return refused("The value of “code” is empty.", Remedy.code)
    case nil:
      let keys = object.keys.prefix(8).map { "“\(Self.excerpt($0))”" }.joined(separator: ", ")
      return refused("The JSON object has the keys \(keys), but no “code”.", Remedy.code)
    }
  }

  /// The first words of a text, on one line.
  static func excerpt(_ text: String, length: Int = 80) -> String {
    let line = text.prefix(4 * length).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let clean = String(line.unicodeScalars.filter { !$0.isHidden })
    return clean.count <= length ? clean : clean.prefix(length) + "…"
  }

  /// Line and column of a byte, both from 1; the column counts bytes.
  static func place(_ position: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes.prefix(position)
    let line = before.count(where: { $0 == 0x0A }) + 1
    let column = position - (before.lastIndex(of: 0x0A) ?? -1)
    return (line, column)
  }
}
