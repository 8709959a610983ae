import Foundation

/// An element of a drawing. Everything put into it is escaped when it is written.
struct SVGElement: Sendable {
  private let name: String
  private var attributes: [(name: String, value: String)] = []
  private var children: [Child] = []

  private enum Child: Sendable {
    case element(SVGElement)
    case text(String)
  }

  init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    self.name = name
    self.attributes = attributes.map { (name: $0.key, value: $0.value) }
  }

  mutating func add(_ element: SVGElement) {
    children.append(.element(element))
  }

  mutating func prepend(_ element: SVGElement) {
    children.insert(.element(element), at: 0)
  }

  /// The element with a text inside it.
  func containing(_ text: String) -> SVGElement {
    var copy = self
    copy.children.append(.text(text))
    return copy
  }

  func containing(_ elements: [SVGElement]) -> SVGElement {
    var copy = self
    copy.children += elements.map { .element($0) }
    return copy
  }

  /// The element with a further attribute.
  func with(_ name: String, _ value: String) -> SVGElement {
    var copy = self
    copy.attributes.append((name: name, value: value))
    return copy
  }

  /// The element with a text that a reader sees on hover and a screen reader says.
  func titled(_ text: String) -> SVGElement {
    var copy = self
    copy.children.insert(.element(SVGElement("title").containing(text)), at: 0)
    return copy
  }

  var markup: Markup {
    var text = ""
    write(to: &text)
    return Markup(trusted: text)
  }

  private func write(to text: inout String) {
    text += "<\(name)"
    for attribute in attributes { text += " \(attribute.name)=\"\(Markup(attribute.value))\"" }
    if children.isEmpty {
      text += "/>"
      return
    }
    text += ">"
    for child in children {
      switch child {
      case .element(let element): element.write(to: &text)
      case .text(let words): text += Markup(words).description
      }
    }
    text += "</\(name)>"
  }
}

extension SVGElement {
  /// A coordinate in at most two decimals.
  static func number(_ value: Double) -> String {
    let text = String(format: "%.2f", value)
    let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return trimmed.isEmpty || String(trimmed.reversed()) == "-" ? "0" : String(trimmed.reversed())
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String
  ) -> SVGElement {
    SVGElement(
      "line",
      [
        "class": style, "x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2),
      ])
  }

  enum Anchor: String { case start, middle, end }

  static func text(
    _ words: String, x: Double, y: Double, style: String, anchor: Anchor = .start
  ) -> SVGElement {
    SVGElement(
      "text",
      ["class": style, "x": number(x), "y": number(y), "text-anchor": anchor.rawValue]
    ).containing(words)
  }

  static func rectangle(
    x: Double, y: Double, width: Double, height: Double, style: String
  ) -> SVGElement {
    SVGElement(
      "rect",
      [
        "class": style, "x": number(x), "y": number(y), "width": number(max(0, width)),
        "height": number(max(0, height)),
      ])
  }

  static func path(_ commands: String, style: String) -> SVGElement {
    SVGElement("path", ["class": style, "d": commands])
  }
}
