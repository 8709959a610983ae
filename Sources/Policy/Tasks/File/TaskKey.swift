/// One key of a task file: where it stands, what it may hold and what it means.
public struct TaskKey: Hashable, Sendable {
  /// What a key may hold.
  public enum Form: Hashable, Sendable {
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A number in a range, or above its lower end.
    case number(ClosedRange<Double>, openBelow: Bool = false)
    /// One number or more, each above 0.
    case positiveNumbers
    case choice([String])
    /// On or off, which `true` and `false` say as well; kept as `on` and `off`.
    case `switch`
    /// Words, one or more.
    case names
    case text
    /// A file or folder, relative to the task file's folder.
    case path
  }

  /// With its section in front: `recipe.learning_rate`.
  public let name: String
  public let form: Form
  /// Empty for a pure number, a count or a text.
  public let unit: String
  public let meaning: String
  /// The kinds of task that have the key, with the value that holds when the file does not give
  /// one: nil where there is none because the key must be given or may be left out.
  public let defaults: [TaskKind: TaskValue?]
  /// Whether a file without it is refused.
  public let isRequired: Bool

  init(
    _ name: String, _ form: Form, unit: String = "", _ meaning: String,
    _ defaults: [TaskKind: TaskValue?], isRequired: Bool = false
  ) {
    self.name = name
    self.form = form
    self.unit = unit
    self.meaning = meaning
    self.defaults = defaults
    self.isRequired = isRequired
  }
}

/// What a key holds.
public enum TaskValue: Hashable, Sendable {
  case integer(Int)
  case number(Double)
  case numbers([Double])
  case text(String)
  case texts([String])

  /// As the documentation writes it.
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): Self.short(value)
    case .numbers(let values): "[" + values.map(Self.short).joined(separator: ", ") + "]"
    case .text(let value): value
    case .texts(let values): "[" + values.joined(separator: ", ") + "]"
    }
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }
}

extension TaskKey.Form {
  /// What the key wants, for errors and documentation: `a whole number from 1 to 1024`.
  public var description: String {
    switch self {
    case .integer(let range):
      range.upperBound == Self.unboundedInteger
        ? "a whole number from \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range, let openBelow):
      (openBelow ? "a number above " : "a number from ")
        + TaskValue.number(range.lowerBound).description
        + (range.upperBound == Self.unboundedNumber
          ? "" : " to " + TaskValue.number(range.upperBound).description)
    case .positiveNumbers: "a list of different numbers above 0"
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .switch: "on or off, or true or false"
    case .names: "a list of names"
    case .text: "a text"
    case .path: "a path"
    }
  }

  /// As ``description``, with the upper ends that it leaves out.
  var completeDescription: String {
    switch self {
    case .integer(let range) where range.upperBound == Self.unboundedInteger:
      "\(description) to \(Self.unboundedInteger)"
    case .number(let range, _) where range.upperBound == Self.unboundedNumber:
      "\(description) to 1e12"
    case .positiveNumbers: "\(description), each at most 1e12"
    default: description
    }
  }

  /// Upper ends that stand for no limit of their own; documentation leaves them out.
  static let unboundedInteger = 1_000_000_000
  static let unboundedNumber = 1e12
}
