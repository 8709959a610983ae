import Foundation
import Testing

@testable import Policy

@Suite("Keys of task files")
struct TaskSchemaTests {
  @Test("every key appears once, with a meaning and at least one kind")
  func unique() {
    #expect(Set(TaskSchema.keys.map(\.name)).count == TaskSchema.keys.count)
    for key in TaskSchema.keys {
      #expect(key.meaning.hasSuffix("."))
      #expect(!key.defaults.isEmpty)
    }
  }

  @Test("docs/tasks.md has a row for every key, with form, unit, default and meaning")
  func documentation() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/tasks.md")
    let lines = Set(
      try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init))
    for key in TaskSchema.keys {
      #expect(lines.contains(Self.row(key)), "docs/tasks.md lacks:\n\(Self.row(key))")
    }
  }

  /// A key's line in the documentation.
  static func row(_ key: TaskKey) -> String {
    let kinds = TaskKind.allCases.filter { key.defaults.keys.contains($0) }
    let values = kinds.map { key.defaults[$0]??.description }
    let initial: String
    if key.isRequired {
      initial = "required"
    } else if Set(values).count == 1 {
      initial = values[0] ?? "none"
    } else {
      initial = zip(kinds, values).map { "\($0.rawValue): \($1 ?? "none")" }
        .joined(separator: ", ")
    }
    let names =
      kinds.count == TaskKind.allCases.count
      ? "all" : kinds.map(\.rawValue).joined(separator: ", ")
    let unit = key.unit.isEmpty ? "" : " (\(key.unit))"
    return "| `\(key.name)` | \(key.form.description)\(unit) | \(initial) | \(names) |"
      + " \(key.meaning) |"
  }

  @Test("the nearest name is near, and nothing is near a word of its own")
  func nearest() {
    let names = ["recipe.steps", "recipe.beta", "task"]
    #expect(NearestName.find("recipe.step", among: names) == "recipe.steps")
    #expect(NearestName.find("Recipe.Bata", among: names) == "recipe.beta")
    #expect(NearestName.find("tsak", among: names) == "task")
    #expect(NearestName.find("zebra", among: names) == nil)
    #expect(NearestName.find("", among: names) == nil)
    #expect(NearestName.distance("abc", "acb") == 1)
    #expect(NearestName.distance("", "abc") == 3)
  }
}
