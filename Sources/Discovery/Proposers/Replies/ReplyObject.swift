/// An object that a reply holds, reduced to what a proposal needs.
struct ReplyObject {
  enum Value {
    case string(String)
    /// Something else, in words: `a number`, `null` …
    case other(String)
  }

  /// Values by key in lower case; of equal keys the last counts, as in most JSON readers.
  private(set) var values: [String: Value] = [:]
  /// The keys as written, in order.
  private(set) var keys: [String] = []
  /// Where the object stands in the reply, in bytes.
  var range = 0..<0

  static func isKnown(_ key: String) -> Bool {
    ["thought", "name", "code"].contains(key.lowercased())
  }

  var hasKnownKey: Bool { keys.contains(where: Self.isKnown) }

  mutating func set(_ key: String, _ value: Value) {
    keys.append(key)
    values[key.lowercased().filter { !$0.isWhitespace }] = value
  }

  /// The string of a key; nil when it is missing, blank or no string.
  func string(_ key: String) -> String? {
    guard case .string(let text)? = values[key], text.contains(where: { !$0.isWhitespace })
    else { return nil }
    return text
  }

  var code: String? { string("code") }
}

/// Why an object could not be read.
struct ReplyProblem: Error {
  enum Kind: Equatable {
    /// The text ended first.
    case cutOff
    case expected(String)
    case tooDeep
    case tooMany
  }

  var kind: Kind
  /// The key whose value was being read.
  var key: String?
  /// Where, in bytes.
  var position: Int
  /// Where the object opened.
  var start = 0
  /// Whether the object was meant as a proposal.
  var hasKnownKey = false
}

/// The search of a reply for the object that is the proposal.
struct ReplyScan {
  /// The first object with code; else the first one with another key of a proposal.
  private(set) var object: ReplyObject?
  /// What was wrong with the object that came closest to a proposal.
  private(set) var problem: ReplyProblem?

  init(_ bytes: [UInt8], style: ReplyReader.Style) {
    // Thousands of braces that never close would cost a scan each.
    var budget = 4 * bytes.count + 4096
    var start = 0
    while budget > 0, let open = bytes[start...].firstIndex(of: UInt8(ascii: "{")) {
      var reader = ReplyReader(bytes, style: style, at: open)
      do {
        let found = try reader.readObject()
        if found.code != nil {
          object = found
          return
        }
        if object == nil, found.hasKnownKey { object = found }
      } catch {
        note(error)
      }
      budget -= reader.position - open
      start = open + 1
    }
  }

  private mutating func note(_ new: ReplyProblem) {
    guard let old = problem else {
      problem = new
      return
    }
    if old.hasKnownKey { return }
    if new.hasKnownKey || new.position > old.position { problem = new }
  }
}
