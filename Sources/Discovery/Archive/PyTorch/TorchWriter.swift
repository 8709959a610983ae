import Losses

/// Writes a loss's Swift as the body of a PyTorch function.
///
/// The source is translated and not traced: conditions, loops and helper functions of the author stay
/// what they are, tunables stay parameters, and a batch of any size is served.
struct TorchWriter {
  /// What was written.
  struct Output {
    /// Lines of the function's body, without indentation of their own.
    var lines: [String]
    /// Optional columns that are read, by their names in LossKit.
    var columns: Set<String>
    /// Every name of the file's helpers that may occur.
    var text: String { lines.joined(separator: "\n") }
  }

  struct Function {
    var python: String
    var declaration: SwiftFunction
    var result: TorchTerm.Kind
  }

  var scopes: [[String: (python: String, kind: TorchTerm.Kind)]] = [[:]]
  var taken: Set<String>
  var functions: [String: Function] = [:]
  var tunables: [String: String]
  var lines: [String] = []
  var indent = 0
  var line = 0
  var columns: Set<String> = []

  /// - Parameter tunables: names of the parameters by those of the tunables.
  /// - Throws: `LossmithError` (`malformedInput`) with the line of what has no translation.
  static func write(
    _ statements: [SwiftStatement], tunables: [String: String]
  ) throws(LossmithError) -> Output {
    var writer = TorchWriter(tunables)
    try writer.module(statements)
    return Output(lines: writer.lines, columns: writer.columns)
  }

  init(_ tunables: [String: String]) {
    self.tunables = tunables
    taken = TorchFunctions.reserved.union(tunables.values).union(TorchFunctions.columns.values)
  }

  // MARK: - Names

  func variable(_ name: String) -> (python: String, kind: TorchTerm.Kind)? {
    for scope in scopes.reversed() {
      if let known = scope[name] { return known }
    }
    return nil
  }

  mutating func declare(_ name: String, _ kind: TorchTerm.Kind) -> String {
    let python = unique(name)
    scopes[scopes.count - 1][name] = (python, kind)
    return python
  }

  mutating func unique(_ name: String) -> String {
    var python = name
    while taken.contains(python) || python.hasPrefix("__") { python += "_" }
    taken.insert(python)
    return python
  }

  mutating func add(_ text: String) {
    lines.append(text.isEmpty ? "" : String(repeating: "    ", count: indent) + text)
  }

  func refusal(_ what: String) -> LossmithError {
    LossmithError(
      .malformedInput, "There is no translation to PyTorch of \(what).", at: "line \(line)",
      remedy: "Write the loss with LossKit's functions of vectors, let, if, and for over a range.")
  }
}
