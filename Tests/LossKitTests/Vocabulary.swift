import Foundation

/// The public functions of LossKit as its sources declare them, so that a test can tell which of
/// them nobody tests or documents.
struct Vocabulary {
  /// A declaration and the comment above it.
  struct Entry: Hashable {
    /// `exp(Vector)`, `+(Vector, Double)`, `Vector.mean`, `Vector[Int]`.
    var name: String
    var file: String
    var comment: String

    /// The name without types.
    var word: String {
      String(name.drop { $0 == "." }.prefix { $0 != "(" && $0 != "[" })
    }
  }

  /// What an author calls: functions, operators and members of vectors, not batches and tunables.
  static let entries: [Entry] = files.filter { isVocabulary($0) }.flatMap(declarations(in:))

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/LossKit")

  private static var files: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".swift") }.sorted()
  }

  private static func isVocabulary(_ file: String) -> Bool {
    !["Batch.swift", "Export.swift", "Claims.swift", "Tunable.swift", "Tunables.swift"]
      .contains { file.hasSuffix($0) }
  }

  private static func declarations(in file: String) -> [Entry] {
    let text = (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
    var (entries, comment): ([Entry], [String]) = ([], [])
    let lines = text.components(separatedBy: "\n")
    for (number, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("///") { comment.append(line) }
      if line.hasPrefix("public ") {
        // A declaration that is broken over lines ends with the brace of its body.
        let whole = lines[number...].prefix(8).joined(separator: " ")
        if let name = name(of: whole) {
          entries.append(
            Entry(name: name, file: file, comment: comment.joined(separator: " ")))
        }
      }
      if !line.hasPrefix("///") && !line.hasPrefix("@") { comment = [] }
    }
    return entries
  }

  /// The name of a declaration of a function, a subscript or a computed property.
  private static func name(of declaration: String) -> String? {
    let head = declaration.prefix { $0 != "{" }
    if let match = head.firstMatch(of: #/public (?:static |prefix )*func ([^ (]+) ?\(/#) {
      return match.1 + "(" + types(head[match.range.upperBound...]) + ")"
    }
    if let match = head.firstMatch(of: #/public subscript\(/#) {
      return "[" + types(head[match.range.upperBound...]) + "]"
    }
    if let match = head.firstMatch(of: #/public var (\w+):/#) { return String(match.1) }
    return nil
  }

  /// The types of the parameters that have no default, but for `inout`.
  private static func types(_ parameters: Substring) -> String {
    let list = String(parameters.components(separatedBy: ") ->").first ?? "")
    var names: [String] = []
    for match in list.matches(of: #/: (?:inout )?([\w.\[\]<>?]+)( =)?/#) where match.2 == nil {
      names.append(match.1 == "Matrix" ? "Vector" : String(match.1))
    }
    return names.joined(separator: ", ")
  }
}
