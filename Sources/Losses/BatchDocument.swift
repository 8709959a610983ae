import Foundation

/// The JSON that `lossmith call` reads:
/// `{"columns": {"policy_chosen": [−42.5, …], …}, "params": {"beta": 0.05}}`.
///
/// Columns of shape `[B]` are lists of numbers, those of shape `[B, C]` or `[B, K]` lists of
/// lists. Infinities and NaN are the strings `Infinity`, `-Infinity`, `NaN`.
public struct BatchDocument: Sendable {
  public var batch: LossBatch
  /// Tunables by name; names that a loss does not declare are the caller's to report.
  public var params: [String: Double]

  /// Reads a document.
  ///
  /// - Parameter source: how errors name the document, a path for example.
  /// - Throws: `LossmithError(.malformedInput)` for broken JSON, an unknown column, columns of
  ///   different families or lengths, ragged rows, an empty batch, or an element that its column
  ///   may not have: a label outside 0 ..< C, a mask of other than 0 and 1, no tokens; and for a list
  ///   of which the mask hides every completion, which the ABI rules out.
  public init(_ data: Data, source: String) throws(LossmithError) {
    let raw: Raw
    do {
      raw = try JSON.decode(Raw.self, from: data)
    } catch {
      throw LossmithError(
        .malformedInput, "this is not a batch document: \(JSON.explain(error))", at: source,
        remedy:
          "The form is {\"columns\": {\"policy_chosen\": [-42.5], …}, \"params\": {\"beta\": 0.1}}."
      )
    }
    params = raw.params ?? [:]
    batch = try Self.assemble(raw.columns, source: source)
  }

  private struct Raw: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case columns, params }

    var columns: [String: Values]
    var params: [String: Double]?

    init(from decoder: any Decoder) throws {
      let all = try decoder.container(keyedBy: AnyKey.self)
      if let odd = all.allKeys.map(\.stringValue).sorted()
        .first(where: { CodingKeys(rawValue: $0) == nil })
      {
        let known = CodingKeys.allCases.map(\.rawValue).joined(separator: " and ")
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: [], debugDescription: "there is no key \"\(odd)\"; the keys are \(known)"))
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      columns = try container.decode([String: Values].self, forKey: .columns)
      params = try container.decodeIfPresent([String: Double].self, forKey: .params)
    }
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A list of numbers, or a list of lists.
  private enum Values: Decodable {
    case flat([Double])
    case nested([[Double]])

    init(from decoder: any Decoder) throws {
      // The first element decides, so that an error is about the element that is wrong.
      var list = try decoder.unkeyedContainer()
      let isNested = !list.isAtEnd && (try? list.nestedUnkeyedContainer()) != nil
      let container = try decoder.singleValueContainer()
      self =
        isNested
        ? .nested(try container.decode([[Double]].self))
        : .flat(try container.decode([Double].self))
    }

    var rows: Int {
      switch self {
      case .flat(let values): values.count
      case .nested(let values): values.count
      }
    }
  }

  private static func assemble(
    _ raw: [String: Values], source: String
  ) throws(LossmithError) -> LossBatch {
    func fail(_ message: String, _ remedy: String? = nil) -> LossmithError {
      LossmithError(.malformedInput, message, at: source, remedy: remedy)
    }
    var columns: [(LossColumn, Values)] = []
    for (name, values) in raw.sorted(by: { $0.key < $1.key }) {
      guard let column = LossColumn(name: name) else {
        throw fail(
          "there is no column \"\(name)\"",
          "Known columns: \(LossColumn.allCases.map(\.name).joined(separator: ", ")).")
      }
      columns.append((column, values))
    }
    guard let first = columns.first else {
      throw fail(
        "the batch has no columns",
        "Give columns: \(LossColumn.allCases.map(\.name).joined(separator: ", ")).")
    }
    let family = first.0.family
    if let other = columns.first(where: { $0.0.family != family }) {
      throw fail(
        "\(first.0.name) is a \(family.name) column and \(other.0.name) a \(other.0.family.name) one"
      )
    }
    let rows = first.1.rows
    guard rows > 0 else {
      throw fail("the column \(first.0.name) is empty", "Give every column at least one row.")
    }
    if let other = columns.first(where: { $0.1.rows != rows }) {
      throw fail(
        "\(first.0.name) has \(rows) rows and \(other.0.name) has \(other.1.rows)",
        "Give every column the same number of rows.")
    }
    var known: Int?
    var values: [LossColumn: [Double]] = [:]
    for (column, list) in columns {
      switch (column.shape, list) {
      case (.rows, .flat(let flat)): values[column] = flat
      case (.rows, .nested): throw fail("\(column.name) must be a list of numbers")
      case (_, .flat): throw fail("\(column.name) must be a list of lists, one list a row")
      case (_, .nested(let nested)):
        let inner = nested[0].count
        guard inner > 0, nested.allSatisfy({ $0.count == inner }) else {
          throw fail("the rows of \(column.name) have different lengths")
        }
        if let known, known != inner {
          throw fail("\(column.name) has rows of \(inner), another column rows of \(known)")
        }
        known = inner
        values[column] = nested.flatMap { $0 }
      }
    }
    let width = known ?? 1
    for (column, list) in values.sorted(by: { $0.key < $1.key }) {
      guard let rule = column.rule(classes: width) else { continue }
      if let bad = list.first(where: { !rule.allows($0) }) {
        throw fail("\(column.name) has the element \(bad), which is not \(rule.words)")
      }
    }
    if let mask = values[.listMask] {
      for row in 0..<rows where mask[row * width..<(row + 1) * width].allSatisfy({ $0 == 0 }) {
        throw fail(
          "row \(row) of mask has no completion that is present",
          "Leave a list out that has only padding; rows count from 0.")
      }
    }
    return LossBatch(
      family: family, rows: rows, classes: family == .classification ? width : 1,
      groupSize: family == .listwise ? width : 1, columns: values)
  }
}

extension LossColumn {
  /// What every element of a column must be; nil where any number may stand.
  fileprivate func rule(classes: Int) -> (allows: (Double) -> Bool, words: String)? {
    switch self {
    case .labels:
      (
        { $0 >= 0 && $0 < Double(classes) && $0 == $0.rounded() },
        "a whole number from 0 to \(classes - 1)"
      )
    case .listMask: ({ $0 == 0 || $0 == 1 }, "0 (padding) or 1 (present)")
    case .chosenTokens, .rejectedTokens: ({ $0 >= 1 }, "at least 1 token")
    case .weight: ({ $0 >= 0 }, "at least 0")
    default: nil
    }
  }
}
