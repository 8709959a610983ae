import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads an SVG drawing back: every element with its attributes, ancestors' attributes and texts.
final class DrawingReader: NSObject, XMLParserDelegate {
  struct Element {
    var name: String
    var attributes: [String: String]
    /// Attributes of all ancestors, the nearest winning.
    var inherited: [String: String]
    var text = ""

    func number(_ name: String) -> Double? { attributes[name].flatMap(Double.init) }
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []
  private var failure: (any Error)?

  /// - Throws: the parser's error when the text is not well-formed XML.
  init(_ text: String) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func all(_ name: String, with attribute: String? = nil) -> [Element] {
    elements.filter { element in
      element.name == name && attribute.map { element.attributes[$0] != nil } ?? true
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    var inherited: [String: String] = [:]
    for index in open { inherited.merge(elements[index].attributes) { $1 } }
    elements.append(Element(name: name, attributes: attributes, inherited: inherited))
    open.append(elements.count - 1)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
    qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if let last = open.last { elements[last].text += string }
  }
}

/// The map from coordinate to value that the tick lines of an axis draw.
struct AxisReading {
  private let slope: Double
  private let offset: Double

  /// - Parameter coordinate: `x1` for a horizontal axis, `y1` for a vertical one.
  init?(_ ticks: [DrawingReader.Element], coordinate: String) {
    guard let first = ticks.first, let last = ticks.last,
      let start = first.number(coordinate), let end = last.number(coordinate),
      let low = first.number("data-tick"), let high = last.number("data-tick"), start != end
    else { return nil }
    slope = (high - low) / (end - start)
    offset = low - slope * start
  }

  func value(at coordinate: Double) -> Double { offset + slope * coordinate }
}
