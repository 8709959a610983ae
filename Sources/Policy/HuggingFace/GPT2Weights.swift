import Foundation
import Losses

/// The weights of a GPT-2 model in a safetensors file.
///
/// Names come with and without the prefix `transformer.`, as `GPT2LMHeadModel` and `GPT2Model`
/// write them. The causal masks that old versions of `transformers` saved (`attn.bias`,
/// `attn.masked_bias`) are passed over; any other tensor that the model does not have is an error,
/// for a model with further parts is another model.
enum GPT2Weights {
  static let prefix = "transformer."

  /// Reads the parameters of a model.
  ///
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`): what ``SafetensorsFile``
  ///   throws, a tensor that is missing, unknown, of another shape than `config.json` says, or with a value
  ///   that is not finite.
  static func load(
    _ url: URL, _ configuration: TransformerConfiguration
  ) throws(LossmithError) -> TransformerParameters {
    func malformed(_ message: String, _ remedy: String) -> LossmithError {
      LossmithError(.malformedInput, message, at: url.path, remedy: remedy)
    }
    let file = try SafetensorsFile(url)
    var stored: [String: String] = [:]
    for name in file.names {
      let plain = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      if isMask(plain) { continue }
      if let other = stored.updateValue(name, forKey: plain) {
        throw malformed(
          "The tensors \"\(other)\" and \"\(name)\" are the same part of the model.",
          "Keep one of them.")
      }
    }
    if configuration.tiesEmbeddings {
      // Either name may stand for the shared tensor; wte wins, as in transformers.
      let head = stored.removeValue(forKey: "lm_head.weight")
      if stored["wte.weight"] == nil, let head { stored["wte.weight"] = head }
    }
    var parameters = TransformerParameters(configuration)
    for tensor in parameters.layout.tensors {
      let plain =
        tensor.name.hasPrefix(prefix) ? String(tensor.name.dropFirst(prefix.count)) : tensor.name
      guard let name = stored.removeValue(forKey: plain), let shape = file.shape(of: name) else {
        throw malformed(
          "The tensor \"\(tensor.name)\" is missing.",
          "Use the model.safetensors that belongs to this config.json.")
      }
      guard shape == tensor.shape else {
        throw malformed(
          "The tensor \"\(name)\" has the shape \(shape); config.json makes it \(tensor.shape).",
          "Use the model.safetensors that belongs to this config.json.")
      }
      let finite = parameters.withMutableTensor(tensor) { elements in
        file.copy(name, to: elements)
        return elements.allSatisfy(\.isFinite)
      }
      guard finite else {
        throw malformed(
          "The tensor \"\(name)\" holds a NaN or an infinity.", "Save a model that did not diverge."
        )
      }
    }
    if let name = stored.values.min() {
      throw malformed(
        "The tensor \"\(JSONReader.shortened(name))\" is not part of a GPT-2 language model.",
        "Save the model as GPT2LMHeadModel, without further heads.")
    }
    return parameters
  }

  private static func isMask(_ name: String) -> Bool {
    name.hasPrefix("h.") && (name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias"))
  }

  /// Writes the parameters under the names of `GPT2LMHeadModel`; a tied head is not written twice.
  ///
  /// - Throws: `LossmithError` (`storage`).
  static func save(
    _ parameters: TransformerParameters, to url: URL
  ) throws(LossmithError) {
    try parameters.withUnsafeBuffer { (buffer) throws(LossmithError) in
      try SafetensorsWriter.write(
        parameters.layout.tensors.map {
          SafetensorsWriter.Tensor(
            name: $0.name, shape: $0.shape,
            elements: UnsafeBufferPointer(rebasing: buffer[$0.range]))
        }, to: url)
    }
  }
}
