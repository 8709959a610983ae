/// Names of tasks in the characters that a file's name and an address allow, each different.
struct TaskSlugs {
  private var slugs: [String: String] = [:]

  init(_ tasks: [String]) {
    var taken: Set<String> = []
    for task in tasks where slugs[task] == nil {
      let first = Self.plain(task)
      var slug = first
      var number = 2
      while !taken.insert(slug).inserted {
        slug = "\(first)-\(number)"
        number += 1
      }
      slugs[task] = slug
    }
  }

  init(_ model: TransferModel) { self.init(model.tasks.map(\.name)) }

  subscript(task: String) -> String { slugs[task] ?? Self.plain(task) }

  private static func plain(_ text: String) -> String {
    let slug = String(
      text.lowercased().map { character in
        character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
      })
    return slug.isEmpty ? "task" : String(slug.prefix(40))
  }
}
