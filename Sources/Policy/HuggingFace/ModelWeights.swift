import Foundation
import Losses

/// The weights of a model in safetensors files.
///
/// Names come with and without the prefix of the family (`transformer.`, `model.`), as
/// `GPT2LMHeadModel` and `GPT2Model` write them. What old versions of `transformers` saved and nobody needs
/// (causal masks, rotary frequencies) is passed over; any other tensor that the model does not have is
/// an error, for a model with further parts is another model.
enum ModelWeights {
  /// Reads the parameters of a model.
  ///
  /// - Throws: `LossmithError` (`malformed-input`): a tensor that is missing, unknown, of another
  ///   shape than `config.json` says, or with a value that is not finite.
  static func load(
    _ files: SafetensorsSet, _ configuration: TransformerConfiguration
  ) throws(LossmithError) -> TransformerParameters {
    func malformed(_ message: String, _ remedy: String, at path: String) -> LossmithError {
      LossmithError(.malformedInput, message, at: path, remedy: remedy)
    }
    let family = configuration.family
    var stored: [String: String] = [:]
    for name in files.names {
      let plain = plain(name, family)
      if isObsolete(plain) { continue }
      if let other = stored.updateValue(name, forKey: plain) {
        throw malformed(
          "The tensors \"\(other)\" and \"\(name)\" are the same part of the model.",
          "Keep one of them.", at: files.path(of: name))
      }
    }
    // Nothing is allocated before every tensor is known to be there: config.json may claim anything.
    let layout = TransformerLayout(configuration)
    if configuration.tiesEmbeddings {
      // Either name may stand for the shared tensor; the embedding wins, as in transformers.
      let embedding = plain(layout.tokenEmbedding.name, family)
      let head = stored.removeValue(forKey: "lm_head.weight")
      if stored[embedding] == nil, let head { stored[embedding] = head }
    }
    var sources: [(name: String, tensor: TransformerLayout.Stored)] = []
    for tensor in layout.stored {
      guard let name = stored.removeValue(forKey: plain(tensor.name, family)),
        let shape = files.shape(of: name)
      else {
        throw malformed(
          "The tensor \"\(tensor.name)\" is missing.",
          "Use the model.safetensors that belongs to this config.json.", at: files.path)
      }
      guard shape == tensor.shape else {
        throw malformed(
          "The tensor \"\(name)\" has the shape \(shape); config.json makes it \(tensor.shape).",
          "Use the model.safetensors that belongs to this config.json.", at: files.path(of: name))
      }
      guard let element = files.element(of: name), element.isFloatingPoint else {
        throw malformed(
          "The tensor \"\(name)\" has elements of type"
            + " \(files.element(of: name)?.rawValue ?? "unknown").",
          "Weights are F64, F32, F16 or BF16; save the model without quantisation.",
          at: files.path(of: name))
      }
      sources.append((name, tensor))
    }
    if let name = stored.values.min() {
      let (kind, owner) =
        family == .gpt2 ? ("GPT-2", "GPT2LMHeadModel") : ("Llama", "LlamaForCausalLM")
      let parts = plain(name, family).split(separator: ".")
      if parts.count > 2, ["h", "layers"].contains(parts[0]), let layer = Int(parts[1]),
        layer >= configuration.layers
      {
        throw malformed(
          "The tensor \"\(JSONReader.shortened(name))\" is of layer \(layer), counted from 0, and"
            + " config.json gives the model \(configuration.layers) layers.",
          "Take both files from the same model.", at: files.path(of: name))
      }
      throw malformed(
        "The tensor \"\(JSONReader.shortened(name))\" is not part of a \(kind) language model.",
        "Save the model as \(owner), without further heads.", at: files.path(of: name))
    }
    var parameters = TransformerParameters(configuration)
    for (name, tensor) in sources {
      guard copy(files, name, to: tensor, of: &parameters) else {
        throw malformed(
          "The tensor \"\(name)\" holds a NaN or an infinity.",
          "Save a model that did not diverge.",
          at: files.path(of: name))
      }
    }
    return parameters
  }

  /// Whether all values are finite.
  private static func copy(
    _ files: SafetensorsSet, _ name: String, to tensor: TransformerLayout.Stored,
    of parameters: inout TransformerParameters
  ) -> Bool {
    if tensor.isTransposed {
      let values = files.floats(name)
      values.withUnsafeBufferPointer { parameters.setElements(of: tensor, to: $0) }
      return values.allSatisfy(\.isFinite)
    }
    return parameters.withMutableTensor(tensor.tensor) { elements in
      files.copy(name, to: elements)
      return elements.allSatisfy(\.isFinite)
    }
  }

  private static func plain(_ name: String, _ family: TransformerConfiguration.Family) -> String {
    let prefix = family == .gpt2 ? "transformer." : "model."
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  private static func isObsolete(_ name: String) -> Bool {
    name.hasPrefix("h.") && (name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias"))
      || name.hasPrefix("layers.") && name.hasSuffix(".rotary_emb.inv_freq")
  }

  /// Writes the parameters under the names of `GPT2LMHeadModel` or `LlamaForCausalLM`; a tied head is
  /// not written twice.
  ///
  /// - Parameter shardLimit: bytes of tensors that a file may hold; a larger tensor has a file of its
  ///   own. Nil for one file.
  /// - Throws: `LossmithError` (`storage`).
  static func save(
    _ parameters: TransformerParameters, to folder: URL, shardLimit: Int?
  ) throws(LossmithError) {
    // In the order of a file's tensors, so that a model is cut the same way every time.
    let stored = parameters.layout.stored.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    var shards: [[TransformerLayout.Stored]] = [[]]
    var size = 0
    for tensor in stored {
      let bytes = 4 * tensor.shape.reduce(1, *)
      if let shardLimit, size > 0, size + bytes > shardLimit {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += bytes
    }
    let single = folder.appending(path: SafetensorsSet.singleName)
    guard shards.count > 1 else { return try write(parameters, shards[0], to: single) }
    var places: [(name: String, file: String)] = []
    for (index, shard) in shards.enumerated() {
      let file = SafetensorsSet.shardName(index, of: shards.count)
      try write(parameters, shard, to: folder.appending(path: file))
      places += shard.map { ($0.name, file) }
    }
    // It would be read instead of the shards.
    try? FileManager.default.removeItem(at: single)
    let total = 4 * parameters.layout.parameterCount
    let map = places.map { "    \(JSONText.quoted($0.name)): \(JSONText.quoted($0.file))" }
    let text =
      "{\n  \"metadata\": {\"total_size\": \(total)},\n  \"weight_map\": {\n"
      + map.joined(separator: ",\n") + "\n  }\n}\n"
    try AtomicFile.write(
      Array(text.utf8), to: folder.appending(path: SafetensorsSet.indexName).path)
  }

  private static func write(
    _ parameters: TransformerParameters, _ stored: [TransformerLayout.Stored], to url: URL
  ) throws(LossmithError) {
    try parameters.withUnsafeBuffer { (buffer) throws(LossmithError) in
      // Only what lies the other way round needs room of its own.
      var copies: [UnsafeMutableBufferPointer<Float>] = []
      defer { for copy in copies { copy.deallocate() } }
      let tensors = stored.map { tensor in
        var elements = UnsafeBufferPointer(rebasing: buffer[tensor.tensor.range])
        if tensor.isTransposed {
          let values = parameters.elements(of: tensor)
          let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
          _ = copy.initialize(from: values)
          copies.append(copy)
          elements = UnsafeBufferPointer(copy)
        }
        return SafetensorsWriter.Tensor(name: tensor.name, shape: tensor.shape, elements: elements)
      }
      try SafetensorsWriter.write(tensors, to: url)
    }
  }
}
