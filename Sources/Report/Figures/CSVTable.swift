/// A table as comma-separated values (RFC 4180), for whoever wants the numbers behind a picture.
struct CSVTable {
  private var rows: [String]

  init(_ columns: [String]) {
    rows = [columns.map(Self.quoted).joined(separator: ",")]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells.map(Self.quoted).joined(separator: ","))
  }

  /// Lines end as the format has it, the last one too.
  var text: String { rows.joined(separator: "\r\n") + "\r\n" }

  /// A number that reads back to the same bits; empty where there is none.
  static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

  /// Quoted where it must be.
  ///
  /// A text that a spreadsheet would take for a formula gets an apostrophe before it: names come from
  /// models. A negative number is none.
  private static func quoted(_ cell: String) -> String {
    var cell = cell
    if let first = cell.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first),
      Double(cell) == nil
    {
      cell = "'" + cell
    }
    let special = cell.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
    guard special else { return cell }
    // On scalars: a quote with a combining mark is one character to Swift and a quote to a reader.
    var doubled = ""
    for scalar in cell.unicodeScalars {
      if scalar == "\"" { doubled.unicodeScalars.append(scalar) }
      doubled.unicodeScalars.append(scalar)
    }
    return "\"\(doubled)\""
  }
}
