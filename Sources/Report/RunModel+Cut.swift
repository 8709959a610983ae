extension RunModel {
  /// The model with no text of a candidate longer than a number of characters; where something is
  /// cut off it ends in "…".
  func cut(to length: Int) -> RunModel {
    func cut(_ text: String, to length: Int) -> String {
      // Bytes first: counting characters goes through the whole text.
      guard text.utf8.count > length, text.count > length else { return text }
      return text.prefix(length) + "…"
    }
    var model = self
    for index in candidates.indices {
      var candidate = candidates[index]
      candidate.name = cut(candidate.name, to: min(length, 120))
      candidate.thought = cut(candidate.thought, to: length)
      candidate.source = cut(candidate.source, to: length)
      candidate.message = cut(candidate.message, to: length)
      candidate.remedy = cut(candidate.remedy, to: length)
      let room = 4
      let others = candidate.warnings.count - room
      candidate.warnings = candidate.warnings.prefix(room).map { cut($0, to: min(length, 400)) }
      if others > 0 { candidate.warnings.append("… and \(others) more") }
      candidate.parents = candidate.parents.map { parent in
        var parent = parent
        parent.name = cut(parent.name, to: min(length, 120))
        return parent
      }
      model.candidates[index] = candidate
    }
    return model
  }

  /// Bytes that the candidates' texts take on a page, at least. A message stands there twice.
  var textBytes: Int {
    candidates.reduce(0) { sum, candidate in
      sum + 4 * Self.escaped(candidate.name) + Self.escaped(candidate.thought)
        + Self.escaped(candidate.source) + 2 * Self.escaped(candidate.message)
        + Self.escaped(candidate.remedy) + candidate.warnings.reduce(0) { $0 + Self.escaped($1) }
    }
  }

  private static func escaped(_ text: String) -> Int {
    // What is far too long need not be read.
    guard text.utf8.count < RunReport.pageLimit else { return text.utf8.count }
    return text.utf8.reduce(0) { sum, byte in
      switch byte {
      case UInt8(ascii: "\""): sum + 6
      case UInt8(ascii: "&"), UInt8(ascii: "'"): sum + 5
      case UInt8(ascii: "<"), UInt8(ascii: ">"): sum + 4
      default: sum + 1
      }
    }
  }
}
