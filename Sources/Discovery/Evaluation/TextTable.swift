import Losses

/// A table of plain text with aligned columns.
public struct TextTable: Sendable {
  public enum Column: Sendable {
    case left(String)
    case right(String)

    var title: String {
      switch self {
      case .left(let title), .right(let title): title
      }
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  public init(columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row. What one cannot see is shown as escapes, so that no cell can steer the terminal.
  ///
  /// - Precondition: one cell for each column.
  public mutating func add(_ cells: [String]) {
    precondition(
      cells.count == columns.count, "a row of \(cells.count) in \(columns.count) columns")
    rows.append(cells.map(\.shownOnOneLine))
  }

  /// Titles, a rule and the rows; no space at the end of a line.
  public var text: String {
    let titles = columns.map(\.title)
    let widths = columns.indices.map { column in
      ([titles] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = columns.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - cells[column].count)
        switch columns[column] {
        case .left: return cells[column] + padding
        case .right: return padding + cells[column]
        }
      }
      let joined = padded.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
  }
}
