/// The events of a `text/event-stream`, as the HTML standard reads one (section 9.2).
enum EventStream {
  /// The data of each event, in order: its `data` lines joined by line feeds.
  ///
  /// Lines end in CR, LF or both; comments and other fields are passed over; events without data
  /// are none. Unlike a browser, this also takes an event whose closing blank line is missing: a
  /// server that ends its connection there has said everything.
  static func events(in text: String) -> [String] {
    var events: [String] = []
    var data: [Substring] = []
    func close() {
      if !data.isEmpty { events.append(data.joined(separator: "\n")) }
      data = []
    }
    let body = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    // In Swift CR LF is one character, and so ends one line.
    for line in body.split(omittingEmptySubsequences: false, whereSeparator: isLineEnd) {
      if line.isEmpty {
        close()
      } else if line.hasPrefix("data:") {
        let value = line.dropFirst("data:".count)
        data.append(value.hasPrefix(" ") ? value.dropFirst() : value)
      } else if line == "data" {
        data.append("")
      }
    }
    close()
    return events
  }

  private static func isLineEnd(_ character: Character) -> Bool {
    character == "\n" || character == "\r" || character == "\r\n"
  }

  /// Whether an answer is a stream, by its type or, where a server does not say, by its beginning.
  static func isStream(_ response: HTTPResponse, text: String) -> Bool {
    if response.mediaType == "text/event-stream" { return true }
    let head = text.prefix(256).drop(while: \.isWhitespace)
    return head.hasPrefix("data:") || head.hasPrefix("event:") || head.hasPrefix(": ")
  }
}
