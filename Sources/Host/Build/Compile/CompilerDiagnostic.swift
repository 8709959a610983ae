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
  public var rendered: String {
    var text = ""
    if let file, let line, let column { text = "\(file):\(line):\(column): " }
    text += "\(severity.rawValue): \(message)"
    if let sourceLine, let column {
      let (shown, place) = Self.window(sourceLine, around: column)
      text += "\n  \(shown)\n  " + String(repeating: " ", count: place) + "^"
      if let fixIt { text += " try: \(fixIt)" }
    }
    for note in notes.prefix(3) {
      text += "\n  note"
      if let line = note.line { text += " (line \(line))" }
      text += ": \(note.message)"
    }
    return text
  }
}

extension CompilerDiagnostic {
  /// The part of a line that a reader needs, and where in it the caret stands.
  ///
  /// - Parameter column: in UTF-8 bytes, from 1.
  private static func window(_ line: String, around column: Int) -> (text: String, place: Int) {
    let limit = 160
    let bytes = Array(line.utf8)
    let place = min(max(column - 1, 0), bytes.count)
    guard bytes.count > limit else { return (line, place) }
    let start = max(0, min(place - limit / 2, bytes.count - limit))
    let end = min(bytes.count, start + limit)
    // A character that is cut becomes a replacement character.
    let part = String(decoding: bytes[start..<end], as: UTF8.self)
    let head = start > 0 ? "…" : ""
    return (head + part + (end < bytes.count ? "…" : ""), place - start + head.count)
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
