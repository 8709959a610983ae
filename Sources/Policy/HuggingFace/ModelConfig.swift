import Losses

/// A `config.json` of a family that there is: GPT-2 or Llama.
struct ModelConfig: Equatable, Sendable {
  var model: TransformerConfiguration
  /// `bos_token_id`: what every text starts with.
  var startToken: Int32?
  /// `eos_token_id`; the first when there is a list of them.
  var endToken: Int32?
  /// `pad_token_id`.
  var padToken: Int32?

  /// Larger files are no configurations.
  static let largestFile = 4 << 20

  /// Reads and validates a configuration.
  ///
  /// Dropout rates are passed over: preference training goes without. What would change the numbers
  /// and is not built is refused by name.
  ///
  /// - Parameter path: how errors name it.
  /// - Throws: `LossmithError` (`malformed-input`).
  init(_ bytes: [UInt8], path: String) throws(LossmithError) {
    let reader = ConfigMembers(path: path)
    let object = try Self.object(bytes, reader)
    if object.present("quantization_config") != nil {
      throw reader.refusal("Quantised weights are not supported.")
    }
    switch try Self.family(object, reader) {
    case .gpt2: model = try Self.gpt2(object, reader)
    case .llama: model = try Self.llama(object, reader)
    }
    try model.validate(path: path)
    startToken = try Self.token(object, "bos_token_id", model, reader)
    endToken = try Self.token(object, "eos_token_id", model, reader)
    padToken = try Self.token(object, "pad_token_id", model, reader)
  }

  init(
    model: TransformerConfiguration, startToken: Int32?, endToken: Int32?, padToken: Int32?
  ) {
    self.model = model
    self.startToken = startToken
    self.endToken = endToken
    self.padToken = padToken
  }

  private static func object(
    _ bytes: [UInt8], _ reader: ConfigMembers
  ) throws(LossmithError) -> JSONObject {
    let tree: JSONValue
    do throws(JSONFault) {
      tree = try JSONReader.parse(bytes)
    } catch {
      throw reader.refusal("This is not JSON: \(error).")
    }
    guard let object = tree.object else {
      throw reader.refusal("A configuration is an object, this is \(tree.kind).")
    }
    return object
  }

  /// Whether a configuration says that weights are in single precision, as they are written here.
  ///
  /// `transformers` converts a model to what it says, so it must not say anything else of our files.
  static func saysSinglePrecision(_ bytes: [UInt8]) -> Bool {
    guard let object = (try? JSONReader.parse(bytes))?.object else { return false }
    return ["dtype", "torch_dtype"].allSatisfy {
      object.present($0).map { $0.string == "float32" } ?? true
    }
  }

  private static func family(
    _ object: JSONObject, _ reader: ConfigMembers
  ) throws(LossmithError) -> TransformerConfiguration.Family {
    var name = object.present("model_type")?.string
    if name == nil, let names = object.present("architectures")?.array?.compactMap(\.string) {
      if names.contains(where: { $0.hasPrefix("GPT2") }) { name = "gpt2" }
      if names.contains(where: { $0.hasPrefix("Llama") }) { name = "llama" }
    }
    if let family = name.flatMap(TransformerConfiguration.Family.init) { return family }
    let shown = name.map { "\"\(JSONReader.shortened($0))\"" } ?? "that config.json does not name"
    throw reader.refusal(
      "The model family \(shown) is not supported.",
      remedy: "Use a model of the GPT-2 family (\"model_type\": \"gpt2\") or of the Llama family"
        + " (\"llama\").")
  }

  private static func token(
    _ object: JSONObject, _ key: String, _ model: TransformerConfiguration, _ reader: ConfigMembers
  ) throws(LossmithError) -> Int32? {
    guard var value = object.present(key) else { return nil }
    if let list = value.array, let first = list.first { value = first }
    guard let id = value.integer else {
      throw reader.refusal("\(key) is \(value.kind), not a token id.")
    }
    // −1 is how some models say that there is none.
    if id == -1 { return nil }
    guard id >= 0, id < model.vocabularySize else {
      throw reader.refusal("\(key) is \(id), outside the vocabulary of \(model.vocabularySize).")
    }
    return Int32(id)
  }

  /// The text of a `config.json` that `transformers` reads as this model.
  var json: String {
    let lines = (model.family == .gpt2 ? gpt2Lines : llamaLines).sorted { $0.key < $1.key }
    return "{\n" + lines.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// Keys that both families have.
  var commonLines: [(key: String, value: String)] {
    func number(_ value: Int32?) -> String { value.map(String.init) ?? "null" }
    return [
      ("bos_token_id", number(startToken)), ("dtype", "\"float32\""),
      ("eos_token_id", number(endToken)), ("initializer_range", "0.02"),
      ("model_type", "\"\(model.family.rawValue)\""), ("pad_token_id", number(padToken)),
      ("tie_word_embeddings", "\(model.tiesEmbeddings)"), ("use_cache", "true"),
      ("vocab_size", "\(model.vocabularySize)"),
    ]
  }

  /// The text of a `generation_config.json` that agrees with it.
  var generationJSON: String {
    let lines = [
      ("bos_token_id", startToken), ("eos_token_id", endToken), ("pad_token_id", padToken),
    ].compactMap { name, id in id.map { "  \"\(name)\": \($0)" } }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }
}

/// Members of a configuration, or an error that names the key.
struct ConfigMembers {
  var path: String

  func refusal(_ message: String, remedy: String? = nil) -> LossmithError {
    LossmithError(.malformedInput, message, at: path, remedy: remedy)
  }

  func count(_ object: JSONObject, _ key: String) throws(LossmithError) -> Int {
    guard let value = object.present(key) else {
      throw refusal("There is no \(key).", remedy: "Add \(key) as the model was trained with.")
    }
    guard let count = value.integer else {
      throw refusal("\(key) is \(value.kind), not a whole number.")
    }
    return count
  }

  func flag(
    _ object: JSONObject, _ key: String, default fallback: Bool
  ) throws(LossmithError) -> Bool {
    guard let value = object.present(key) else { return fallback }
    guard let flag = value.bool else { throw refusal("\(key) is \(value.kind), not a boolean.") }
    return flag
  }

  func number(
    _ object: JSONObject, _ key: String, default fallback: Double
  ) throws(LossmithError) -> Double {
    guard let value = object.present(key) else { return fallback }
    guard let number = value.double else { throw refusal("\(key) is \(value.kind), not a number.") }
    return number
  }
}
