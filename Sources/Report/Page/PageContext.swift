import Mustache

/// What a template may read: markup, truth values and further contexts, and nothing unescaped.
struct PageContext: MustacheParent {
  private var values: [String: any Sendable] = [:]

  /// Sets a text, escaping it.
  mutating func set(_ name: String, _ text: String) { values[name] = Markup(text).description }

  /// Sets markup that is safe by its type.
  mutating func set(_ name: String, markup: Markup) { values[name] = markup.description }

  mutating func set(_ name: String, _ flag: Bool) { values[name] = flag }

  mutating func set(_ name: String, _ list: [PageContext]) { values[name] = list }

  /// A context with one text.
  static func one(_ name: String, _ text: String) -> PageContext {
    var context = PageContext()
    context.set(name, text)
    return context
  }

  func child(named name: String) -> Any? { values[name] }
}
