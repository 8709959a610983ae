/// What a person means by the text and the numbers of a YAML file, where YAML itself means something else.
public enum PlainYAML {
  /// The text of a file without the byte order mark that some editors put before it.
  ///
  /// - Returns: nil for what is not UTF-8.
  public static func text(_ bytes: some Collection<UInt8>) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return String(
      validating: bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0), as: UTF8.self)
  }

  /// Whether a text is a number in YAML or in Swift that is not written in plain decimal digits: `010` is 8
  /// in YAML 1.1, `0x10` is 16 and `1:30` is 90.
  public static func isOddNumber(_ text: String) -> Bool {
    let digits = text.drop { $0 == "+" || $0 == "-" }
    guard let first = digits.first, first.isASCII, first.isNumber else { return false }
    if digits.contains(":") { return true }
    guard first == "0", let second = digits.dropFirst().first else { return false }
    return second.isNumber || second == "_" || "xXoObB".contains(second)
  }

  /// A whole number in decimal digits, `_` between them allowed; nil for anything else.
  public static func integer(_ text: String) -> Int? {
    guard !isOddNumber(text), !text.hasSuffix("_"),
      text.drop(while: { $0 == "+" || $0 == "-" }).first != "_"
    else { return nil }
    return Int(text.filter { $0 != "_" })
  }

  /// A finite number in decimal digits; nil for anything else.
  public static func number(_ text: String) -> Double? {
    guard !isOddNumber(text), let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
