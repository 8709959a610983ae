import Foundation
import Testing

@Suite("The manual")
struct ManualCoverageTests {
  static let text: String = {
    let root = Vocabulary.folder.deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "docs/losskit.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  @Test("Every function, operator and method of the vocabulary is in the manual")
  func everyFunctionIsThere() {
    let code = Self.text.components(separatedBy: "`").enumerated()
      .filter { $0.offset % 2 == 1 }.map(\.element).joined(separator: " ")
    let words = Set(code.split { !$0.isLetter && !$0.isNumber }.map(String.init))
    // Methods that only repeat a function's name are covered by the function.
    for entry in Vocabulary.entries {
      if entry.isOperator {
        #expect(code.contains(entry.word), "\(entry.name)")
      } else if !entry.word.isEmpty {
        #expect(words.contains(entry.word), "\(entry.name)")
      }
    }
  }

  @Test("It is short enough to be given to a model whole")
  func length() {
    #expect(Self.text.count > 5_000)
    #expect(Self.text.utf8.count < 16_000)
  }
}
