import Losses

extension ModelConfig {
  /// The shape that a `config.json` of the Llama family describes.
  static func llama(
    _ object: JSONObject, _ reader: ConfigMembers
  ) throws(LossmithError) -> TransformerConfiguration {
    for name in ["attention_bias", "mlp_bias"]
    where try reader.flag(object, name, default: false) {
      throw reader.refusal("\(name) = true is not supported; a Llama has no biases here.")
    }
    if let value = object.present("hidden_act"), value.string != "silu" {
      let name = value.string.map { "\"\(JSONReader.shortened($0))\"" } ?? value.kind
      throw reader.refusal("The hidden_act \(name) is not supported; there is silu.")
    }
    func optional(_ key: String) throws(LossmithError) -> Int? {
      object.present(key) == nil ? nil : try reader.count(object, key)
    }
    let epsilon = try reader.number(object, "rms_norm_eps", default: 1e-6)
    return .llama(
      vocabularySize: try reader.count(object, "vocab_size"),
      contextLength: try reader.count(object, "max_position_embeddings"),
      width: try reader.count(object, "hidden_size"),
      layers: try reader.count(object, "num_hidden_layers"),
      heads: try reader.count(object, "num_attention_heads"),
      keyValueHeads: try optional("num_key_value_heads"), headWidth: try optional("head_dim"),
      feedForwardWidth: try reader.count(object, "intermediate_size"),
      normEpsilon: Float(epsilon),
      tiesEmbeddings: try reader.flag(object, "tie_word_embeddings", default: false),
      rotary: try rotary(object, reader))
  }

  /// `rope_theta` and `rope_scaling`, or both in `rope_parameters` as newer files have it.
  private static func rotary(
    _ object: JSONObject, _ reader: ConfigMembers
  ) throws(LossmithError) -> TransformerConfiguration.Rotary {
    func section(_ key: String) throws(LossmithError) -> JSONObject? {
      guard let value = object.present(key) else { return nil }
      guard let section = value.object else {
        throw reader.refusal("\(key) is \(value.kind), not an object.")
      }
      return section
    }
    let parameters = try section("rope_parameters")
    var base = try reader.number(object, "rope_theta", default: 10_000)
    if let parameters { base = try reader.number(parameters, "rope_theta", default: base) }
    let older = try section("rope_scaling")
    guard let scaling = parameters ?? older else { return .init(base: base) }
    for owner in [object, scaling]
    where try reader.number(owner, "partial_rotary_factor", default: 1) != 1 {
      throw reader.refusal("A partial_rotary_factor other than 1 is not supported.")
    }
    let kind = scaling.present("rope_type") ?? scaling.present("type") ?? .string("default")
    func required(_ key: String) throws(LossmithError) -> Double {
      guard scaling.present(key) != nil else {
        throw reader.refusal("The rope scaling has no \(key).")
      }
      return try reader.number(scaling, key, default: 0)
    }
    switch kind.string {
    case "default": return .init(base: base)
    case "linear": return .init(base: base, scaling: .linear(factor: try required("factor")))
    case "llama3":
      return .init(
        base: base,
        scaling: .llama3(
          factor: try required("factor"), low: try required("low_freq_factor"),
          high: try required("high_freq_factor"),
          originalContext: try reader.count(scaling, "original_max_position_embeddings")))
    default:
      let name = kind.string.map { "\"\(JSONReader.shortened($0))\"" } ?? kind.kind
      throw reader.refusal(
        "The rope scaling \(name) is not supported; there are linear and llama3.",
        remedy: "Use a model whose positions are not stretched in another way.")
    }
  }

  /// Keys that only this family has.
  ///
  /// Positions stand there twice, as older and as newer versions of `transformers` read them.
  var llamaLines: [(key: String, value: String)] {
    let rotary = model.rotary ?? .init()
    var members = ["\"rope_type\": \"default\""]
    switch rotary.scaling {
    case nil: break
    case .linear(let factor):
      members = ["\"factor\": \(factor)", "\"rope_type\": \"linear\""]
    case .llama3(let factor, let low, let high, let context):
      members = [
        "\"factor\": \(factor)", "\"high_freq_factor\": \(high)", "\"low_freq_factor\": \(low)",
        "\"original_max_position_embeddings\": \(context)", "\"rope_type\": \"llama3\"",
      ]
    }
    let scaling = rotary.scaling == nil ? "null" : "{\(members.joined(separator: ", "))}"
    members.append("\"rope_theta\": \(rotary.base)")
    return commonLines + [
      ("architectures", "[\"LlamaForCausalLM\"]"), ("attention_bias", "false"),
      ("attention_dropout", "0.0"), ("head_dim", "\(model.headWidth)"),
      ("hidden_act", "\"silu\""), ("hidden_size", "\(model.width)"),
      ("intermediate_size", "\(model.feedForwardWidth)"),
      ("max_position_embeddings", "\(model.contextLength)"), ("mlp_bias", "false"),
      ("num_attention_heads", "\(model.heads)"), ("num_hidden_layers", "\(model.layers)"),
      ("num_key_value_heads", "\(model.keyValueHeads)"), ("pretraining_tp", "1"),
      ("rms_norm_eps", "\(model.normEpsilon)"),
      ("rope_parameters", "{\(members.joined(separator: ", "))}"), ("rope_scaling", scaling),
      ("rope_theta", "\(rotary.base)"),
    ]
  }
}
