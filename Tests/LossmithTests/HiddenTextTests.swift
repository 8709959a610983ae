import Foundation
import Testing

/// Sources and file names that would steer a terminal, or pass for words of the program.
@Suite struct HiddenTextTests {
  /// Every character that one cannot see but line breaks and tabs.
  private func hidden(_ result: Program.Result) -> [Unicode.Scalar] {
    (result.output + result.errors).unicodeScalars.filter {
      $0 != "\n" && $0 != "\t"
        && ($0.properties.generalCategory == .control || $0.properties.generalCategory == .format)
    }
  }

  private static let head = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {"

  @Test("a comment on a faulty line is shown with escapes, and --json keeps the source line")
  func comments() async throws {
    let folder = try TemporaryFolder()
    let line = "  batch.nothing // \u{1B}]0;title\u{7} \u{9B}2J \u{202E}txt"
    let source = try folder.file("comment.swift", "\(Self.head)\n\(line)\n}\n")
    for command in ["build", "check"] {
      let result = try await Program.run([command, source])
      #expect(result.status == 1)
      #expect(hidden(result).isEmpty)
      let words = result.output + result.errors
      #expect(words.contains(#"// \u{1B}]0;title\u{7} \u{9B}2J \u{202E}txt"#))
    }
    let document = try await Program.run(["build", source, "--json"]).json()
    let diagnostic = (document["diagnostics"] as? [[String: Any]])?.first
    #expect(diagnostic?["sourceLine"] as? String == line)
  }

  @Test("a path in an error is on one line, with escapes")
  func paths() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a\nmine: ok\u{1B}[31m.so", "no library")
    for arguments in [["check", path], ["check", path, "b\nmine: ok"]] {
      let result = try await Program.run(arguments)
      #expect(result.status == 2)
      #expect(hidden(result).isEmpty)
      #expect(!(result.output + "\n" + result.errors).contains("\nmine: ok"))
    }
    let plain = try await Program.run(["check", try folder.file("plain.so", "no library")])
    #expect(plain.errors.contains("/plain.so: "))
  }

  @Test("watch names a file as check does: no name is a line of another loss's result")
  func watched() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "x: failed(gradient)\n\u{1B}[2Kcheater: ok  η 0.9999.swift",
      "\(Self.head) softplus(-tunables.beta * batch.margin) }\n")
    let result = try await Program.run(["watch", folder.url.path, "--seeds", "1", "--count", "1"])
    try #require(result.status == 0, "\(result.errors)")
    #expect(hidden(result).isEmpty)
    #expect(!result.output.contains("cheater: ok"))
    // The control: the loss itself is measured, under a name of letters.
    #expect(result.output.hasPrefix("x-failed-gradient-2-kcheater-ok: ok  η 0."))
  }
}
