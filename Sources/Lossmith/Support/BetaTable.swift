import Foundation
import Losses
import Report

/// A table of means over β that somebody keeps, as a picture: `panel,loss,beta,mean,se,seeds,failure`.
///
/// A row without β is the reference policy of its panel; a row without a mean says in its last column what
/// failed. Cells hold no commas and no quotes.
enum BetaTable {
  static let columns = "panel,loss,beta,mean,se,seeds,failure"
  private static let byteLimit = 1 << 20

  /// - Throws: `LossmithError` (`missing-file`, `malformed-input` with the line).
  static func chart(of file: String) throws(LossmithError) -> BetaChart {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw LossmithError(
        .missingFile, "the table cannot be read", at: file,
        remedy: "Give a CSV file of the columns \(columns).")
    }
    guard data.count <= byteLimit, let text = String(data: data, encoding: .utf8) else {
      throw LossmithError(
        .malformedInput, "the table is no text of at most a megabyte", at: file,
        remedy: "Give a CSV file of the columns \(columns).")
    }
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard lines.first.map(String.init) == columns else {
      throw LossmithError(
        .malformedInput, "the first line does not name the columns", at: "\(file):1",
        remedy: "Begin the file with \(columns).")
    }
    var panels: [BetaChart.Panel] = []
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      do {
        try add(line, to: &panels)
      } catch {
        throw LossmithError(
          .malformedInput, error.message, at: "\(file):\(number + 1)",
          remedy: "Write for example recipe,dpo,0.1,0.686,0.006,3, with a β above 0.")
      }
    }
    guard panels.contains(where: { $0.series.contains { $0.points.contains { $0.value != nil } } })
    else {
      throw LossmithError(
        .malformedInput, "the table has no number over β to draw", at: file,
        remedy: "Give rows of \(columns).")
    }
    let losses = Set(panels.flatMap { $0.series.map(\.name) })
    guard panels.count <= 4, losses.count <= 6 else {
      throw LossmithError(
        .malformedInput,
        "\(panels.count) panels and \(losses.count) losses: too many to be told apart", at: file,
        remedy: "Draw at most 4 panels with 6 losses into one picture.")
    }
    return BetaChart(title: "η over β", metric: "η ± s.e.", panels: panels)
  }

  private struct Fault: Error {
    var message: String
  }

  private static func add(
    _ line: Substring, to panels: inout [BetaChart.Panel]
  ) throws(Fault) {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard cells.count == 7, !line.contains("\"") else {
      throw Fault(message: "the line has not seven cells without quotes")
    }
    guard !cells[0].isEmpty, !cells[1].isEmpty else {
      throw Fault(message: "panel or loss has no name")
    }
    func number(_ column: Int, _ name: String, isPositive: Bool = false) throws(Fault) -> Double? {
      if cells[column].isEmpty { return nil }
      guard let value = Double(cells[column]), value.isFinite, abs(value) < 1e9,
        !isPositive || value >= 1e-9
      else { throw Fault(message: "\(name) is not a number that can be drawn: \(cells[column])") }
      return value
    }
    let beta = try number(2, "beta", isPositive: true)
    let mean = try number(3, "mean")
    let error = try number(4, "se")
    guard let seeds = Int(cells[5]), seeds > 0 else {
      throw Fault(message: "seeds is not a whole number above 0: \(cells[5])")
    }
    guard (mean == nil) != cells[6].isEmpty, error == nil || mean != nil, (error ?? 0) >= 0 else {
      throw Fault(message: "a line has a mean, perhaps with an error, or says what failed")
    }
    let value = mean.map { RunModel.Eta(mean: $0, se: error, n: seeds) }
    let place =
      panels.firstIndex { $0.name == cells[0] }
      ?? {
        panels.append(.init(name: cells[0], series: []))
        return panels.count - 1
      }()
    guard let beta else {
      guard let value else { throw Fault(message: "a line without β is the reference's mean") }
      panels[place].reference = value
      return
    }
    let point = BetaChart.Point(beta: beta, value: value, failure: cells[6])
    if let series = panels[place].series.firstIndex(where: { $0.name == cells[1] }) {
      guard !panels[place].series[series].points.contains(where: { $0.beta == beta }) else {
        throw Fault(message: "\(cells[1]) has two lines at β = \(cells[2])")
      }
      panels[place].series[series].points.append(point)
    } else {
      panels[place].series.append(.init(name: cells[1], points: [point]))
    }
  }
}
