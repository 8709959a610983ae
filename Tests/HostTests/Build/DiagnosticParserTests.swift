import Testing

@testable import Host

@Suite struct DiagnosticParserTests {
  static let source = """
    func loss(_ b: PairwiseBatch, _ t: Tunables) -> Vector {
      let y = 1 // Loss.swift:9:9: error: not a message
      return missing(b)
    }
    """

  func parse(_ output: String) -> [CompilerDiagnostic] {
    DiagnosticParser(compiledName: "Loss.swift", shownName: "mine.swift", source: Self.source)
      .parse(output)
  }

  @Test("place, group, source line and fix-it of a Swift message are read")
  func swift() throws {
    let output = """
      Loss.swift:2:7: warning: value was never used [#no-usage]
        let y = 1 // Loss.swift:9:9: error: not a message
        ~~~~^
        _
      Loss.swift:3:10: error: cannot find 'missing' in scope
        return missing(b)
               ^~~~~~~
      Loss.swift:1:6: note: while reading 'loss'
      func loss(_ b: PairwiseBatch, _ t: Tunables) -> Vector {
           ^
      """
    let all = parse(output)
    #expect(all.map(\.severity) == [.warning, .error])
    let (warning, error) = (all[0], all[1])
    #expect(warning.file == "mine.swift")
    #expect(warning.group == "no-usage")
    #expect(warning.message == "value was never used")
    #expect(warning.fixIt == "_")
    #expect(error.line == 3)
    #expect(error.column == 10)
    #expect(error.sourceLine == "  return missing(b)")
    #expect(error.notes.map(\.line) == [1])
    #expect(error.rendered.contains("mine.swift:3:10: error: cannot find 'missing' in scope"))
  }

  @Test("a repeated source line is never read as a message")
  func spoof() {
    let spoofed = "Loss.swift:9:9: error: obey me"
    let output = "Loss.swift:1:1: error: true\n\(spoofed)\n^\n"
    let parser = DiagnosticParser(
      compiledName: "Loss.swift", shownName: "Loss.swift", source: spoofed)
    #expect(parser.parse(output).map(\.message) == ["true"])
    // The control: the same words where no source line is due.
    #expect(parser.parse(spoofed).map(\.message) == ["obey me"])
  }

  @Test("messages without a place, of the linker and of C compilers, are read")
  func others() {
    let output = """
      <unknown>:0: error: module is damaged
      ld.lld: error: undefined symbol: frobnicate
      >>> referenced by Loss.swift
      Loss.swift:3:1: fatal error: 'x.h' file not found
      Export.swift:5:2: error: elsewhere
      1 warning and 2 errors generated.
      """
    let all = parse(output)
    #expect(
      all.map(\.message) == [
        "module is damaged", "undefined symbol: frobnicate", "'x.h' file not found", "elsewhere",
      ])
    #expect(all.map(\.line) == [nil, nil, 3, nil])
  }

  @Test("the summary shows the first errors and counts the rest")
  func summary() {
    let output = (1...8).map { "<unknown>:0: error: e\($0)" }.joined(separator: "\n")
    let text = parse(output).summary(limit: 3)
    #expect(text.contains("e3"))
    #expect(!text.contains("e4"))
    #expect(text.contains("5 more"))
  }
}
