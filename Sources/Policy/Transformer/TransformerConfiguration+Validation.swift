import Losses

extension TransformerConfiguration {
  /// The most parameters that a model may have: indices into them must fit BLAS's 32-bit extents.
  static let maximumParameters = 1 << 33

  /// Refuses shapes that no model can have, in the words of the one who wrote them.
  ///
  /// - Parameter path: where the numbers come from, for the error; nil when they come from a caller.
  /// - Throws: `LossmithError` (`malformed-input`) naming the number that is wrong.
  public func validate(path: String? = nil) throws(LossmithError) {
    func refuse(_ message: String, remedy: String) throws(LossmithError) {
      throw LossmithError(.malformedInput, message, at: path, remedy: remedy)
    }
    let names = Self.names(of: family)
    let extents = [
      ("vocab_size", vocabularySize, 1 << 24), (names.context, contextLength, 1 << 20),
      (names.width, width, 1 << 16), (names.layers, layers, 1 << 10), (names.heads, heads, 1 << 10),
      (names.inner, feedForwardWidth, 1 << 18), ("num_key_value_heads", keyValueHeads, 1 << 10),
    ]
    for (name, value, limit) in extents where !(1...limit).contains(value) {
      try refuse(
        "\(name) is \(value); it must lie between 1 and \(limit).", remedy: "Correct \(name).")
    }
    switch family {
    case .gpt2:
      if width % heads != 0 {
        try refuse(
          "n_embd is \(width), which \(heads) heads do not divide.",
          remedy: "Make n_embd a multiple of n_head.")
      }
      let isPlain = headWidth == width / heads && keyValueHeads == heads && rotary == nil
      if !isPlain || activation == .silu {
        try refuse("GPT-2 has no parts of the Llama family.", remedy: "Say that it is a Llama.")
      }
    case .llama:
      if let problem = llamaProblem {
        try refuse(problem.message, remedy: problem.remedy)
      }
    }
    if !(normEpsilon.isFinite && normEpsilon > 0) {
      try refuse(
        "\(names.epsilon) is \(normEpsilon); it must be above 0.",
        remedy: family == .gpt2 ? "GPT-2 has 1e-5." : "Llama has 1e-5 or 1e-6.")
    }
    let count = TransformerLayout(self).parameterCount
    if count > Self.maximumParameters {
      try refuse(
        "The model has \(count) parameters, more than \(Self.maximumParameters).",
        remedy: "Use a smaller model.")
    }
  }

  /// What makes a Llama impossible; extents are validated before.
  private var llamaProblem: (message: String, remedy: String)? {
    if heads % keyValueHeads != 0 {
      return (
        "num_attention_heads is \(heads), which \(keyValueHeads) key-value heads do not divide.",
        "Make num_attention_heads a multiple of num_key_value_heads."
      )
    }
    if !(2...(1 << 12)).contains(headWidth) || headWidth % 2 != 0 {
      return (
        "A head is \(headWidth) wide; rotary positions need an even number from 2 to 4096.",
        "Correct head_dim, or hidden_size and num_attention_heads."
      )
    }
    guard let rotary, activation == .silu else {
      return ("A Llama has rotary positions and the activation silu.", "Correct the shape.")
    }
    if !(rotary.base.isFinite && rotary.base > 0) {
      return ("rope_theta is \(rotary.base); it must be above 0.", "Llama has 10000.")
    }
    let isUsable =
      switch rotary.scaling {
      case nil: true
      case .linear(let factor): factor.isFinite && factor > 0
      case .llama3(let factor, let low, let high, let context):
        factor.isFinite && factor > 0 && low > 0 && high > low && high.isFinite && context > 0
      }
    return isUsable
      ? nil
      : (
        "rope_scaling has a factor or a limit that makes no sense.",
        "Factors must be above 0, and high_freq_factor above low_freq_factor."
      )
  }

  private struct Names {
    var context, width, layers, heads, inner, epsilon: String
  }

  /// How `config.json` names the numbers.
  private static func names(of family: Family) -> Names {
    switch family {
    case .gpt2:
      Names(
        context: "n_positions", width: "n_embd", layers: "n_layer", heads: "n_head",
        inner: "n_inner", epsilon: "layer_norm_epsilon")
    case .llama:
      Names(
        context: "max_position_embeddings", width: "hidden_size", layers: "num_hidden_layers",
        heads: "num_attention_heads", inner: "intermediate_size", epsilon: "rms_norm_eps")
    }
  }
}
