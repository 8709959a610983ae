import Losses

/// What a compiler or linker said about a source, as data.
public struct CompilerDiagnostic: Hashable, Sendable, Codable {
  public enum Severity: String, Sendable, Codable {
    case error, warning, note, remark
  }

  public var severity: Severity
  /// The author's own file name; nil when the words belong to no place in it.
  public var file: String?
  /// From 1; nil when there is no place.
  public var line: Int?
  /// In UTF-8 bytes, from 1; nil when there is no place.
  public var column: Int?
  public var message: String
  /// The compiler's name for the kind of message, for example `StrictMemorySafety`.
  public var group: String?
  /// The author's line; nil when there is no place.
  public var sourceLine: String?
  /// The text that the compiler proposes to insert or to put in place of what it marks.
  public var fixIt: String?
  /// Notes that belong to it.
  public var notes: [CompilerDiagnostic]

  public init(
    severity: Severity, file: String? = nil, line: Int? = nil, column: Int? = nil,
    message: String, group: String? = nil, sourceLine: String? = nil, fixIt: String? = nil,
    notes: [CompilerDiagnostic] = []
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.group = group
    self.sourceLine = sourceLine
    self.fixIt = fixIt
    self.notes = notes
  }

  /// `Loss.swift:3:11: error: …`, with the source line, a caret, fix-it and notes below.
  ///
  /// Characters that one cannot see are escapes: an author's line is shown, not obeyed.
  public var rendered: String {
    var text = ""
    if let file, let line, let column {
      text = "\(file.shownOnOneLine):\(line):\(column): "
    }
    text += "\(severity.rawValue): \(message.shownOnOneLine)"
    if let sourceLine, let column {
      let (shown, place) = Self.window(sourceLine, around: column)
      text += "\n  \(shown)\n  " + String(repeating: " ", count: place) + "^"
      if let fixIt { text += " try: \(fixIt.shownOnOneLine)" }
    }
    for note in notes.prefix(3) {
      text += "\n  note"
      if let line = note.line { text += " (line \(line))" }
      text += ": \(note.message.shownOnOneLine)"
    }
    return text
  }
}

extension CompilerDiagnostic {
  /// The part of a line that a reader needs, as it is shown, and the characters before the caret.
  ///
  /// - Parameter column: in UTF-8 bytes, from 1.
  private static func window(_ line: String, around column: Int) -> (text: String, place: Int) {
    let limit = 160
    let bytes = Array(line.utf8)
    let place = min(max(column - 1, 0), bytes.count)
    let start = max(0, min(place - limit / 2, bytes.count - limit))
    let end = min(bytes.count, start + limit)
    // A character that is cut becomes a replacement character.
    func shown(_ range: Range<Int>) -> String {
      String(decoding: bytes[range], as: UTF8.self).shown
    }
    let head = start > 0 ? "…" : ""
    return (
      head + shown(start..<end) + (end < bytes.count ? "…" : ""),
      (head + shown(start..<place)).count
    )
  }

  /// A place that the lint refuses, in the form of a compiler's message: group `lint`, the remedy as
  /// a note.
  init(_ issue: SourceLint.Issue, in source: PluginSource) {
    let lines = source.text.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r\n" || $0 == "\r"
    }
    let line = lines.indices.contains(issue.line - 1) ? String(lines[issue.line - 1]) : nil
    self.init(
      severity: .error, file: source.fileName, line: issue.line, column: issue.column,
      message: issue.message, group: "lint", sourceLine: line,
      notes: [CompilerDiagnostic(severity: .note, message: issue.remedy)])
  }
}

extension [CompilerDiagnostic] {
  public var errors: [CompilerDiagnostic] { filter { $0.severity == .error } }
  public var warnings: [CompilerDiagnostic] { filter { $0.severity == .warning } }

  /// The first errors, compactly, as a model should see them.
  public func summary(limit: Int = 5) -> String {
    let shown = errors.prefix(limit).map(\.rendered).joined(separator: "\n")
    let more = errors.count - Swift.min(errors.count, limit)
    return more > 0 ? shown + "\n(and \(more) more errors)" : shown
  }
}
