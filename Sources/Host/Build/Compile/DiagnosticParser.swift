/// Reads the text that swiftc (`-diagnostic-style llvm`), clang, gcc, lld, gold and GNU ld write.
///
/// A compiler repeats the author's lines, and an author could write a comment that looks like a
/// message. So after each message the parser expects the line that the message names and, when
/// it is there, does not read it as a message.
struct DiagnosticParser {
  /// The name under which the compiler saw the author's file, and the name to show.
  let compiledName: String
  let shownName: String
  private let sourceLines: [Substring]

  init(compiledName: String, shownName: String, source: String) {
    self.compiledName = compiledName
    self.shownName = shownName
    sourceLines = source.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r\n" || $0 == "\r"
    }
  }

  /// The messages in their order, notes below the message before them, repetitions dropped.
  ///
  /// Text that is no message (stack traces, counts of errors) is left out, and the driver's word that
  /// linking failed where the linker said why.
  func parse(_ output: String) -> [CompilerDiagnostic] {
    let lines = output.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    var result: [CompilerDiagnostic] = []
    var seen: Set<CompilerDiagnostic> = []
    let failure = lines.lastIndex(where: LinkerMessages.isFailure)
    var linkerSpoke = false
    var index = 0
    while index < lines.count {
      if let failure, index <= failure {
        if index == failure, linkerSpoke {
          index += 1
          continue
        }
        if let message = LinkerMessages.message(lines[index]) {
          index += 1
          linkerSpoke = true
          let diagnostic = CompilerDiagnostic(severity: .error, message: message)
          if seen.insert(diagnostic).inserted { result.append(diagnostic) }
          continue
        }
        linkerSpoke = linkerSpoke || lines[index].hasPrefix("ld.lld: error: ")
      }
      guard var diagnostic = header(lines[index]) else {
        index += 1
        continue
      }
      index += 1
      index += excerpt(lines[index...], of: &diagnostic)
      if diagnostic.severity == .note, var last = result.popLast() {
        if !last.notes.contains(diagnostic) { last.notes.append(diagnostic) }
        result.append(last)
      } else if seen.insert(diagnostic).inserted {
        result.append(diagnostic)
      }
    }
    return result
  }

  // MARK: Headers

  private static let severities: [(String, CompilerDiagnostic.Severity)] = [
    ("fatal error: ", .error), ("error: ", .error), ("warning: ", .warning), ("note: ", .note),
    ("remark: ", .remark),
  ]

  private func header(_ line: Substring) -> CompilerDiagnostic? {
    if let (place, rest) = place(line) {
      guard var diagnostic = message(rest) else { return nil }
      if place.file == compiledName || place.file.hasSuffix("/" + compiledName) {
        diagnostic.file = shownName
        diagnostic.line = place.line
        diagnostic.column = place.column
        if sourceLines.indices.contains(place.line - 1) {
          diagnostic.sourceLine = String(sourceLines[place.line - 1])
        }
      }
      return diagnostic
    }
    for prefix in ["<unknown>:0: ", "ld.lld: ", "ld: ", "clang: ", "cc: ", "/usr/bin/ld: ", ""]
    where line.hasPrefix(prefix) {
      if let diagnostic = message(line.dropFirst(prefix.count)) { return diagnostic }
    }
    return nil
  }

  private func message(_ text: Substring) -> CompilerDiagnostic? {
    for (prefix, severity) in Self.severities where text.hasPrefix(prefix) {
      var message = text.dropFirst(prefix.count)
      var group: String?
      // Swift ends with [#Group], clang and gcc with [-Wgroup].
      if message.hasSuffix("]"), let open = message.lastIndex(of: "[") {
        let name = message[message.index(after: open)...].dropLast()
        if name.hasPrefix("#") || name.hasPrefix("-W") {
          group = String(name.drop { $0 == "#" })
          message = message[..<open]
        }
      }
      return CompilerDiagnostic(
        severity: severity, message: message.trimmed, group: group)
    }
    return nil
  }

  /// Splits `file:line:column: rest`.
  private func place(
    _ line: Substring
  ) -> (place: (file: String, line: Int, column: Int), rest: Substring)? {
    let parts = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, let number = Int(parts[1]), let column = Int(parts[2]), number > 0,
      parts[3].hasPrefix(" ")
    else { return nil }
    return ((String(parts[0]), number, column), parts[3].dropFirst())
  }

  // MARK: Excerpts

  /// Steps over the repeated source line, the marks below it and the fix-it below those.
  ///
  /// - Returns: the number of lines that belong to the message.
  private func excerpt(
    _ lines: ArraySlice<Substring>, of diagnostic: inout CompilerDiagnostic
  ) -> Int {
    guard let first = lines.first, let source = diagnostic.sourceLine,
      first.filter({ !$0.isWhitespace }) == source.filter({ !$0.isWhitespace })
    else { return 0 }
    guard let marks = lines.dropFirst().first, marks.contains("^") || marks.contains("~"),
      marks.allSatisfy({ " \t~^-".contains($0) })
    else { return 1 }
    guard let proposal = lines.dropFirst(2).first, !proposal.trimmed.isEmpty,
      proposal.first?.isWhitespace == true
    else { return 2 }
    diagnostic.fixIt = proposal.trimmed
    return 3
  }
}

extension Substring {
  var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
