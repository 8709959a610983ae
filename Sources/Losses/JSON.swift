import Foundation

/// How Lossmith writes and reads JSON everywhere: keys sorted, slashes bare, and the numbers
/// that JSON lacks as the strings `NaN`, `Infinity` and `-Infinity`.
public enum JSON {
  public static func encode(_ value: some Encodable, pretty: Bool = true) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try encoder.encode(value)
  }

  public static func text(_ value: some Encodable, pretty: Bool = true) throws -> String {
    String(decoding: try encode(value, pretty: pretty), as: UTF8.self)
  }

  public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: data)
  }

  /// A decoding error in words a person can use: the path inside the document and what was expected.
  public static func explain(_ error: any Error) -> String {
    guard let error = error as? DecodingError else {
      return (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
    }
    func path(_ context: DecodingError.Context) -> String {
      let joined = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
        .joined()
      return joined.isEmpty ? "the document" : String(joined.drop { $0 == "." })
    }
    switch error {
    case .dataCorrupted(let context):
      let inner = context.underlyingError.map { ": " + explain($0) } ?? ""
      return "\(path(context)): \(context.debugDescription)\(inner)"
    case .keyNotFound(let key, let context):
      return "\(path(context)) has no key \"\(key.stringValue)\""
    case .typeMismatch(let type, let context): return "\(path(context)) is not a \(type)"
    case .valueNotFound(_, let context): return "\(path(context)) is null"
    @unknown default: return "\(error)"
    }
  }
}
