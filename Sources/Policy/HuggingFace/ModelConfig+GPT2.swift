import Losses

extension ModelConfig {
  /// The shape that a `config.json` of the GPT-2 family describes.
  static func gpt2(
    _ object: JSONObject, _ reader: ConfigMembers
  ) throws(LossmithError) -> TransformerConfiguration {
    try checkSwitches(object, reader)
    let positions = object.present("n_positions") == nil ? "n_ctx" : "n_positions"
    var model = TransformerConfiguration(
      vocabularySize: try reader.count(object, "vocab_size"),
      contextLength: try reader.count(object, positions),
      width: try reader.count(object, "n_embd"), layers: try reader.count(object, "n_layer"),
      heads: try reader.count(object, "n_head"))
    if object.present("n_inner") != nil {
      model.feedForwardWidth = try reader.count(object, "n_inner")
    }
    model.activation = try activation(object, reader)
    model.normEpsilon = Float(
      try reader.number(
        object, "layer_norm_epsilon", default: Double(model.normEpsilon)))
    model.tiesEmbeddings = try reader.flag(object, "tie_word_embeddings", default: true)
    return model
  }

  private static func checkSwitches(
    _ object: JSONObject, _ reader: ConfigMembers
  ) throws(LossmithError) {
    for (name, needed) in [
      ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false),
      ("add_cross_attention", false),
    ] where try reader.flag(object, name, default: needed) != needed {
      throw reader.refusal("\(name) = \(!needed) is not supported; it must be \(needed).")
    }
  }

  private static func activation(
    _ object: JSONObject, _ reader: ConfigMembers
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

  /// Keys that only this family has.
  var gpt2Lines: [(key: String, value: String)] {
    commonLines + [
      ("activation_function", "\"\(model.activation.rawValue)\""), ("add_cross_attention", "false"),
      ("architectures", "[\"GPT2LMHeadModel\"]"), ("attn_pdrop", "0.0"), ("embd_pdrop", "0.0"),
      ("layer_norm_epsilon", "\(model.normEpsilon)"), ("n_embd", "\(model.width)"),
      ("n_head", "\(model.heads)"), ("n_inner", "\(model.feedForwardWidth)"),
      ("n_layer", "\(model.layers)"), ("n_positions", "\(model.contextLength)"),
      ("resid_pdrop", "0.0"), ("scale_attn_weights", "true"),
    ]
  }
}
