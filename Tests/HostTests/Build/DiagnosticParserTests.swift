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

  static let driver =
    "clang: error: linker command failed with exit code 1 (use -v to see invocation)"

  @Test(
    "the symbol that a linker misses is the message, in each linker's form",
    arguments: [
      """
      /usr/bin/ld: /tmp/x.o: in function `loss_describe_v1':
      x.c:(.text+0xd): undefined reference to `foo'
      x.c:(.text+0x1d): undefined reference to `foo'
      collect2: error: ld returned 1 exit status
      """,
      "/tmp/x.o:x.c:function loss_describe_v1: error: undefined reference to 'foo'\n\(driver)",
      "/usr/bin/ld: /tmp/x.o:(.text+0x1): undefined reference to `foo'\n\(driver)",
    ])
  func undefined(output: String) {
    let all = parse(output)
    #expect(all.map(\.message) == ["undefined reference to 'foo'"])
    #expect(all.map(\.severity) == [.error])
    #expect(all.first.flatMap { LinkerMessages.undefinedSymbol($0.message) } == "foo")
  }

  @Test("other words of linkers: lld's, a name of C++, a name defined twice")
  func otherLinking() {
    let lld = parse("ld.lld: error: undefined symbol: A::g(char)\n>>> by x.cpp\n\(Self.driver)")
    #expect(lld.map(\.message) == ["undefined symbol: A::g(char)"])
    #expect(lld.first.flatMap { LinkerMessages.undefinedSymbol($0.message) } == "A::g(char)")
    let twice =
      "/usr/bin/ld: b.o: in function `f':\nb.c:(.text+0x0): multiple definition of `f'; "
      + "a.o:a.c:(.text+0x0): first defined here\n\(Self.driver)"
    #expect(parse(twice).map(\.message) == ["multiple definition of 'f'"])
    #expect(LinkerMessages.undefinedSymbol("multiple definition of 'f'") == nil)
  }

  @Test("without a linker that failed its words are no message; without them the driver's are one")
  func linkingControls() {
    #expect(parse("x.c:(.text+0xd): undefined reference to `foo'").isEmpty)
    #expect(parse(Self.driver).count == 1)
  }

  @Test("of a source line that holds control characters escapes are shown, the caret at its place")
  func hidden() {
    let diagnostic = CompilerDiagnostic(
      severity: .error, file: "x\nforged: ok.swift", line: 1, column: 10,
      message: "no \u{202E}such", sourceLine: "a \u{1B}]0;b\u{7} !",
      notes: [CompilerDiagnostic(severity: .note, message: "\u{9B}2J")])
    let lines = diagnostic.rendered.split(separator: "\n").map(String.init)
    #expect(
      lines == [
        #"x\u{A}forged: ok.swift:1:10: error: no \u{202E}such"#, #"  a \u{1B}]0;b\u{7} !"#,
        "                    ^", #"  note: \u{9B}2J"#,
      ])
    // The control: what can be seen stays, and the caret counts characters.
    let plain = CompilerDiagnostic(
      severity: .error, file: "x.c", line: 1, column: 4, message: "ρ", sourceLine: "ρ !")
    #expect(plain.rendered == "x.c:1:4: error: ρ\n  ρ !\n    ^")
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
