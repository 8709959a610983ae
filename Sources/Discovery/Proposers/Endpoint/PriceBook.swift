import Foundation
import Losses
import Policy
import Yams

/// What tokens cost, by model, in US dollars a million tokens.
///
/// Prices change and nobody publishes them in one form, so a person writes them into a file:
///
///     models:
///       large-1: {input: 3, cached_input: 0.3, cache_write: 3.75, output: 15}
///       small-1: {input: 0.15, output: 0.6}
///     default: {input: 0, output: 0}
///
/// JSON is YAML, and read as well. Without `default`, a model that is not named has no price.
public struct PriceBook: Hashable, Sendable, Codable {
  public struct Price: Hashable, Sendable, Codable {
    public var input: Double
    public var output: Double
    /// Of prompt tokens that the server had in its cache; nil for the price of the others.
    public var cachedInput: Double?
    /// Of prompt tokens that the server put into its cache, where it counts them; nil for
    /// ``cacheWriteFactor`` times the price of the others.
    public var cacheWrite: Double?

    /// What Anthropic charges for a cache of five minutes, which is the one that requests ask for.
    static let cacheWriteFactor = 1.25

    public init(
      input: Double, output: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil
    ) {
      self.input = input
      self.output = output
      self.cachedInput = cachedInput
      self.cacheWrite = cacheWrite
    }

    enum CodingKeys: String, CodingKey {
      case input, output
      case cachedInput = "cached_input"
      case cacheWrite = "cache_write"
    }
  }

  static let maximumSize = 1 << 20

  public var models: [String: Price]
  public var fallback: Price?

  enum CodingKeys: String, CodingKey {
    case models
    case fallback = "default"
  }

  public init(models: [String: Price], fallback: Price? = nil) {
    self.models = models
    self.fallback = fallback
  }

  /// - Throws: `LossmithError`: `missingFile`, or `malformedInput` with file and line.
  public init(path: String) throws(LossmithError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw LossmithError(
        .missingFile, "The price file cannot be read.", at: path,
        remedy: "Give the path of a file that exists.")
    }
    guard data.count <= Self.maximumSize, let text = PlainYAML.text(data) else {
      throw LossmithError(
        .malformedInput, "The price file is larger than 1 MiB or no UTF-8.", at: path)
    }
    try self.init(text: text, path: path)
  }

  init(text: String, path: String) throws(LossmithError) {
    let reader = PriceReader(path: path)
    let root = try reader.root(text)
    var models: [String: Price] = [:]
    var fallback: Price?
    for (key, node) in try reader.pairs(of: root, named: "the file") {
      switch key.text {
      case "models":
        for (name, node) in try reader.pairs(of: node, named: "models") {
          models[name.text] = try reader.price(node, of: name.text)
        }
      case "default": fallback = try reader.price(node, of: "default")
      default: throw reader.error("The key “\(key.text)” is unknown.", key.line)
      }
    }
    guard !models.isEmpty || fallback != nil else {
      throw reader.error("The file names no price.", nil)
    }
    self.init(models: models, fallback: fallback)
  }

  public func price(of model: String) -> Price? { models[model] ?? fallback }

  /// US dollars of a reply's tokens.
  ///
  /// - Returns: nil where the model has no price or the tokens are not known.
  public func cost(of reply: ProposalReply) -> Double? {
    guard let model = reply.model, let price = price(of: model), let prompt = reply.promptTokens,
      let completion = reply.completionTokens
    else { return nil }
    let cached = min(prompt, max(0, reply.cachedTokens ?? 0))
    let written = min(prompt - cached, max(0, reply.cacheWriteTokens ?? 0))
    let input =
      Double(prompt - cached - written) * price.input
      + Double(cached) * (price.cachedInput ?? price.input)
      + Double(written) * (price.cacheWrite ?? Price.cacheWriteFactor * price.input)
    return (input + Double(completion) * price.output) / 1e6
  }
}

/// Reads a price file, so that each error knows its line.
private struct PriceReader {
  let path: String

  func error(_ message: String, _ line: Int?) -> LossmithError {
    LossmithError(
      .malformedInput, message, at: line.map { "\(path):\($0)" } ?? path,
      remedy: "Write models: with a line such as `name: {input: 3, output: 15}` for each model, in "
        + "US dollars a million tokens, and default: for all others.")
  }

  func root(_ text: String) throws(LossmithError) -> Node {
    do {
      if let node = try Yams.compose(yaml: text) { return node }
    } catch let fault as YamlError {
      throw error("The file is not valid YAML: \(Self.words(fault)).", Self.line(fault))
    } catch {
      throw self.error("The file is not valid YAML.", nil)
    }
    throw error("The file is empty.", nil)
  }

  func pairs(
    of node: Node, named name: String
  ) throws(LossmithError) -> [(key: (text: String, line: Int?), node: Node)] {
    guard let mapping = node.mapping else {
      throw error("There are no keys in \(name).", node.mark?.line)
    }
    var seen = Set<String>()
    var pairs: [(key: (text: String, line: Int?), node: Node)] = []
    for (key, value) in mapping {
      guard let text = key.scalar?.string, !text.isEmpty else {
        throw error("A key of \(name) is no text.", key.mark?.line)
      }
      guard seen.insert(text).inserted else {
        throw error("The key “\(text)” is given twice.", key.mark?.line)
      }
      pairs.append(((text, key.mark?.line), value))
    }
    return pairs
  }

  func price(_ node: Node, of model: String) throws(LossmithError) -> PriceBook.Price {
    var numbers: [String: Double] = [:]
    for (key, node) in try pairs(of: node, named: "the price of \(model)") {
      guard ["input", "output", "cached_input", "cache_write"].contains(key.text) else {
        throw error("The key “\(key.text)” of \(model) is unknown.", key.line)
      }
      guard let value = node.scalar.flatMap({ PlainYAML.number($0.string) }), value >= 0
      else {
        throw error("The price \(key.text) of \(model) is no number from 0.", key.line)
      }
      numbers[key.text] = value
    }
    guard let input = numbers["input"], let output = numbers["output"] else {
      throw error("The price of \(model) lacks input or output.", node.mark?.line)
    }
    return .init(
      input: input, output: output, cachedInput: numbers["cached_input"],
      cacheWrite: numbers["cache_write"])
  }

  private static func line(_ fault: YamlError) -> Int? {
    switch fault {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  private static func words(_ fault: YamlError) -> String {
    switch fault {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _):
      problem
    case .duplicatedKeysInMapping: "a key is given twice"
    default: "it cannot be read"
    }
  }
}
