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
    let extents = [
      ("vocab_size", vocabularySize, 1 << 24), ("n_positions", contextLength, 1 << 20),
      ("n_embd", width, 1 << 16), ("n_layer", layers, 1 << 10), ("n_head", heads, 1 << 10),
      ("n_inner", feedForwardWidth, 1 << 18),
    ]
    for (name, value, limit) in extents where !(1...limit).contains(value) {
      try refuse(
        "\(name) is \(value); it must lie between 1 and \(limit).", remedy: "Correct \(name).")
    }
    if width % heads != 0 {
      try refuse(
        "n_embd is \(width), which \(heads) heads do not divide.",
        remedy: "Make n_embd a multiple of n_head.")
    }
    if !(normEpsilon.isFinite && normEpsilon > 0) {
      try refuse(
        "layer_norm_epsilon is \(normEpsilon); it must be above 0.",
        remedy: "GPT-2 has 1e-5.")
    }
    let count = TransformerLayout(self).parameterCount
    if count > Self.maximumParameters {
      try refuse(
        "The model has \(count) parameters, more than \(Self.maximumParameters).",
        remedy: "Use a smaller model.")
    }
  }
}
