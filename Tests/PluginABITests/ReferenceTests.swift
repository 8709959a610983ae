import Foundation
import Testing

/// docs/abi.md alone is enough to write a plug-in.
@Suite struct ReferenceTests {
  private static let page =
    HeaderTests.headers
    + "/../../../docs/abi.md"

  /// Every name that the header defines: macros, constants, types, fields and functions.
  private func publicNames() throws -> Set<String> {
    let text = try String(
      contentsOfFile: HeaderTests.headers + "/loss_abi.h", encoding: .utf8)
    // Without its comments, so that words in them are no names.
    let code = text.replacing(/\/\*(?s:.*?)\*\//, with: " ")
    var names = Set(code.matches(of: /\bLOSS_[A-Z0-9_]+\b/).map { String($0.output) })
    names.formUnion(code.matches(of: /\bloss_[a-z0-9_]+\b/).map { String($0.output) })
    for body in code.matches(of: /typedef struct \w+ \{([^}]*)\}/) {
      for line in body.output.1.split(separator: ";") {
        let words = line.replacing(/\[[^\]]*\]/, with: "").matches(of: /\b[a-z_]+\b/)
          .map { String($0.output) }
        let types = ["uint", "char", "double", "int", "t"]
        names.formUnion(words.filter { !types.contains($0) && !$0.hasSuffix("_t") })
      }
    }
    return names
  }

  @Test("every name of the header stands on the page")
  func names() throws {
    let page = try String(contentsOfFile: Self.page, encoding: .utf8)
    let names = try publicNames()
    #expect(names.count > 70)
    for known in ["LOSS_LIST_POLICY", "loss_arg", "struct_size", "initial", "loss_describe_v1"] {
      #expect(names.contains(known))
    }
    let words = Set(page.matches(of: /\b[A-Za-z_][A-Za-z0-9_]*\b/).map { String($0.output) })
    #expect(names.subtracting(words).sorted() == [])
  }

  @Test("every example on the page compiles as it is, without a warning")
  func examples() throws {
    let page = try String(contentsOfFile: Self.page, encoding: .utf8)
    let blocks = page.matches(of: /```c\n((?s:.*?))```/).map { String($0.output.1) }
    #expect(blocks.count == 3)
    for family in ["LOSS_PAIRWISE", "LOSS_CLASSIFICATION", "LOSS_LISTWISE"] {
      #expect(blocks.contains { $0.contains("family = \(family)") })
    }
    let compiler = try #require(HeaderTests.program("cc") ?? HeaderTests.program("clang"))
    let flags = ["-x", "c", "-Wall", "-Werror", "-fsyntax-only", "-I", HeaderTests.headers, "-"]
    for block in blocks {
      #expect(try HeaderTests.run(compiler, flags, input: block) == 0, "\(block.prefix(200))")
    }
  }
}
