import Losses

/// A `config.json` of the GPT-2 family.
struct GPT2Config: Equatable, Sendable {
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
    let reader = Members(path: path)
    let tree: JSONValue
    do throws(JSONFault) {
      tree = try JSONReader.parse(bytes)
    } catch {
      throw reader.refusal("This is not JSON: \(error).")
    }
    guard let object = tree.object else {
      throw reader.refusal("A configuration is an object, this is \(tree.kind).")
    }
    try Self.checkFamily(object, reader)
    try Self.checkSwitches(object, reader)
    let positions = object.present("n_positions") == nil ? "n_ctx" : "n_positions"
    model = TransformerConfiguration(
      vocabularySize: try reader.count(object, "vocab_size"),
      contextLength: try reader.count(object, positions),
      width: try reader.count(object, "n_embd"), layers: try reader.count(object, "n_layer"),
      heads: try reader.count(object, "n_head"))
    if object.present("n_inner") != nil {
      model.feedForwardWidth = try reader.count(object, "n_inner")
    }
    model.activation = try Self.activation(object, reader)
    if let value = object.present("layer_norm_epsilon") {
      guard let epsilon = value.double else {
        throw reader.refusal("layer_norm_epsilon is \(value.kind), not a number.")
      }
      model.normEpsilon = Float(epsilon)
    }
    model.tiesEmbeddings = try reader.flag(object, "tie_word_embeddings", default: true)
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

  private static func checkFamily(
    _ object: JSONObject, _ reader: Members
  ) throws(LossmithError) {
    var family = object.present("model_type")?.string
    if family == nil, let names = object.present("architectures")?.array?.compactMap(\.string),
      names.contains(where: { $0.hasPrefix("GPT2") })
    {
      family = "gpt2"
    }
    guard family == "gpt2" else {
      let name =
        family.map { "\"\(JSONReader.shortened($0))\"" } ?? "that config.json does not name"
      throw reader.refusal(
        "The model family \(name) is not supported.",
        remedy: "Use a model of the GPT-2 family (\"model_type\": \"gpt2\").")
    }
  }

  private static func checkSwitches(
    _ object: JSONObject, _ reader: Members
  ) throws(LossmithError) {
    for (name, needed) in [
      ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false),
      ("add_cross_attention", false),
    ] where try reader.flag(object, name, default: needed) != needed {
      throw reader.refusal("\(name) = \(!needed) is not supported; it must be \(needed).")
    }
    if object.present("quantization_config") != nil {
      throw reader.refusal("Quantised weights are not supported.")
    }
  }

  private static func activation(
    _ object: JSONObject, _ reader: Members
  ) throws(LossmithError) -> TransformerConfiguration.Activation {
    guard let value = object.present("activation_function") else { return .geluTanh }
    switch value.string {
    case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
    case "gelu": return .gelu
    default:
      let name = value.string.map { "\"\(JSONReader.shortened($0))\"" } ?? value.kind
      throw reader.refusal(
        "The activation_function \(name) is not supported; there are gelu_new and gelu.")
    }
  }

  private static func token(
    _ object: JSONObject, _ key: String, _ model: TransformerConfiguration, _ reader: Members
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
    func number(_ value: Int32?) -> String { value.map(String.init) ?? "null" }
    let lines = [
      ("activation_function", "\"\(model.activation.rawValue)\""), ("add_cross_attention", "false"),
      ("architectures", "[\"GPT2LMHeadModel\"]"), ("attn_pdrop", "0.0"),
      ("bos_token_id", number(startToken)), ("dtype", "\"float32\""), ("embd_pdrop", "0.0"),
      ("eos_token_id", number(endToken)), ("initializer_range", "0.02"),
      ("layer_norm_epsilon", "\(model.normEpsilon)"), ("model_type", "\"gpt2\""),
      ("n_embd", "\(model.width)"), ("n_head", "\(model.heads)"),
      ("n_inner", "\(model.feedForwardWidth)"), ("n_layer", "\(model.layers)"),
      ("n_positions", "\(model.contextLength)"), ("pad_token_id", number(padToken)),
      ("resid_pdrop", "0.0"), ("scale_attn_weights", "true"),
      ("tie_word_embeddings", "\(model.tiesEmbeddings)"), ("use_cache", "true"),
      ("vocab_size", "\(model.vocabularySize)"),
    ]
    return "{\n" + lines.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n"
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
private struct Members {
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
}
