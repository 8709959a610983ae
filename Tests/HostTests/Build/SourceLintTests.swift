import Foundation
import Losses
import Testing

@testable import Host

@Suite struct SourceLintTests {
  static let dpo = """
    /// Direct preference optimization.
    ///
    /// -log sigmoid(x)
    func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
      softplus(-(tunables.beta * batch.margin))
    }
    """

  func messages(_ source: String) -> [String] {
    SourceLint.examine(source).issues.map { "\($0.line):\($0.column) \($0.message)" }
  }

  @Test("a plain loss passes and says what it is")
  func control() {
    let report = SourceLint.examine(Self.dpo)
    #expect(report.issues.isEmpty)
    #expect(report.finding == nil)
    #expect(report.facts.summary == "Direct preference optimization.")
    #expect(report.facts.batchType == "PairwiseBatch")
    #expect(report.facts.identifiers.contains("margin"))
    #expect(!report.facts.identifiers.contains("log"))
  }

  @Test(
    "words that a loss has no use for are refused at their place",
    arguments: [
      "import Glibc", "@_silgen_name(\"fork\") func f()", "@_extern(c) func fork() -> Int32",
      "@c(fork) func f() {}", "@_cdecl(\"x\") func f() {}", "@section(\".init_array\") let x = 1",
      "@used let x = 1", "@_optimize(none) func f() {}", "@unsafe struct S {}",
      "@ _silgen_name(\"fork\") func f()", "@safe func f() {}",
      "let p: UnsafePointer<Double>", "let x = unsafeBitCast(1, to: Int.self)",
      "func f() { unsafe g() }", "let p: OpaquePointer", "#if os(Linux)", "let f = #filePath",
      "#sourceLocation(file: \"x\", line: 1)", "let m = #externalMacro(module: \"a\", type: \"b\")",
      "func f() { print(1) }", "var d: Dictionary<Int, Int>", "var s: Set<Int>",
      "var s: String", "func f() async {}", "let `unsafeThing` = 1",
      "let x = a.withUnsafeBytes { 1 }",
    ])
  func refused(line: String) {
    let report = SourceLint.examine(Self.dpo + "\n" + line + "\n")
    #expect(report.issues.first?.line == 7, "\(report.issues)")
    #expect(report.finding?.verdict == .rejected(.lint))
    #expect(report.finding?.remedy.isEmpty == false)
  }

  @Test(
    "the same words in comments, strings and members' names are no matter",
    arguments: [
      "// import Glibc", "/* import /* nested */ unsafe */", "let s: StaticString = \"import x\"",
      "let s: StaticString = #\"a \" import \\(unsafe)\"#", "let x = a.print",
      "let s: StaticString = \"\"\"\n  import unsafe \"quoted\"\n  \"\"\"",
      "let s: StaticString = \"\\\" import\"", "struct Settings { let imports = 1 }",
      "@inline(__always) func f() {}", "@discardableResult func f() -> Int { 1 }",
      "let line = #line",
    ])
  func innocent(line: String) {
    #expect(messages(Self.dpo + "\n" + line + "\n") == [])
  }

  @Test("code inside an interpolation is read as code")
  func interpolation() {
    #expect(messages(Self.dpo + "\nlet s: X = \"a \\(unsafeThing) b\"\n").count == 1)
    #expect(messages(Self.dpo + "\nlet s: X = \"a \\\\(unsafeThing) b\"\n") == [])
    let source = Self.dpo + "\nlet s: X = \"a \\(f(\"b \\(unsafeThing)\")) import\"\n"
    #expect(messages(source).count == 1)
    #expect(messages(source)[0].contains("unsafeThing"))
  }

  @Test("columns count bytes, and every line ending ends a line")
  func places() {
    let source = Self.dpo + "\r\nlet é = 1; import A\rlet b = 1\nimport B"
    #expect(
      SourceLint.examine(source).issues.map { [$0.line, $0.column] } == [[7, 13], [9, 1]])
  }

  @Test("a byte order mark is taken at the start of a source, and nowhere else")
  func byteOrderMark() throws {
    #expect(messages("\u{FEFF}" + Self.dpo) == [])
    #expect(SourceLint.examine("\u{FEFF}func loss(_ b: PairwiseBatch) {}").facts.definesLoss)
    #expect(!SourceLint.examine(" \u{FEFF}func loss(_ b: PairwiseBatch) {}").facts.definesLoss)
    let file = FileManager.default.temporaryDirectory.appending(path: "bom-\(UUID()).swift")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(("\u{FEFF}" + Self.dpo).utf8).write(to: file)
    #expect(try PluginSource(file: file).text == Self.dpo)
  }

  @Test("a source without loss, or with one that is nested, is refused")
  func missing() {
    #expect(messages("func los() {}").contains { $0.contains("no function loss") })
    #expect(
      messages("struct S { func loss(_ b: PairwiseBatch) {} }").contains {
        $0.contains("no function loss")
      })
    #expect(messages("").contains { $0.contains("no function loss") })
  }

  @Test("what never ends is named at its beginning")
  func unterminated() {
    #expect(messages(Self.dpo + "\n/* open") == ["7:1 a comment never ends"])
    #expect(messages(Self.dpo + "\nlet s = \"open\n") == ["7:9 a string never ends"])
    #expect(messages(Self.dpo + "\nlet s = \"\"\"\nopen") == ["7:9 a string never ends"])
  }

  @Test("a source beyond the size limit is refused unread")
  func size() {
    let source = Self.dpo + String(repeating: "\n// filler", count: 30_000)
    #expect(messages(source).count == 1)
    #expect(messages(source)[0].contains("limit"))
  }

  @Test("any bytes are legal input")
  func garbage() {
    var state: UInt64 = 7
    let alphabet = Array("\"\\()#@`{}/*\n\r aé\u{0}1".unicodeScalars)
    for _ in 0..<3000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      _ = SourceLint.examine(String(text))
    }
    _ = SourceLint.examine(String(repeating: "\"\\(", count: 50_000))
    _ = SourceLint.examine(String(repeating: "/*", count: 100_000))
  }
}
