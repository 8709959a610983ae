import Foundation
import Losses

/// An adapter as PEFT's folder: `adapter_config.json` and `adapter_model.safetensors`.
///
/// The tensors are `base_model.model.MODULE.lora_A.weight` of shape `[rank, in]` and `….lora_B.weight` of
/// shape `[out, rank]`, float32.
public enum LoRAFolder {
  static let configName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"
  private static let prefix = "base_model.model."

  /// Whether a folder is an adapter and no model of its own.
  public static func isAdapter(_ url: URL) -> Bool {
    let manager = FileManager.default
    return manager.fileExists(atPath: url.appending(path: configName).path)
      && !manager.fileExists(atPath: url.appending(path: "config.json").path)
  }

  /// Writes a folder that `peft.PeftModel.from_pretrained(base, folder)` loads.
  ///
  /// - Parameter base: what the configuration names as the base model; nil for none.
  /// - Throws: `LossmithError` (`storage`).
  public static func save(
    _ adapter: LoRAAdapter, base: String? = nil, to url: URL
  ) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw LossmithError(
        .storage, "The folder could not be made.", at: url.path,
        remedy: "Check that its parent may be written to.", underlying: error)
    }
    let text = config(adapter, base: base)
    try AtomicFile.write(Array(text.utf8), to: url.appending(path: configName).path)
    try adapter.withUnsafeBuffer { (buffer) throws(LossmithError) in
      try SafetensorsWriter.write(
        adapter.tensors.map {
          SafetensorsWriter.Tensor(
            name: prefix + $0.name + ".weight", shape: $0.shape,
            elements: UnsafeBufferPointer(rebasing: buffer[$0.range]))
        }, to: url.appending(path: weightsName))
    }
  }

  private static func config(_ adapter: LoRAAdapter, base: String?) -> String {
    let modules = adapter.pairs.map { JSONText.quoted($0.target.module) }
    let lines = [
      ("alpha_pattern", "{}"), ("base_model_name_or_path", base.map(JSONText.quoted) ?? "null"),
      ("bias", "\"none\""),
      ("fan_in_fan_out", "\(adapter.pairs.first?.target.isConv1D ?? false)"),
      ("inference_mode", "true"), ("init_lora_weights", "true"),
      ("lora_alpha", number(adapter.settings.alpha)), ("lora_dropout", "0.0"),
      ("modules_to_save", "null"), ("peft_type", "\"LORA\""), ("r", "\(adapter.settings.rank)"),
      ("rank_pattern", "{}"), ("target_modules", "[\(modules.joined(separator: ", "))]"),
      ("task_type", "\"CAUSAL_LM\""), ("use_dora", "false"), ("use_rslora", "false"),
    ]
    return "{\n" + lines.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }

  /// The base model that an adapter names; nil when it names none.
  ///
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`).
  public static func base(of url: URL) throws(LossmithError) -> String? {
    try Config(url).base
  }

  /// Reads an adapter for a model.
  ///
  /// The tensors decide which modules have an adapter; `target_modules` is not looked at.
  ///
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`): a configuration of another kind of
  ///   adapter, or with what is not supported here (biases, DoRA, patterns, further modules); tensors that
  ///   the model has no place for, of another shape, or not finite.
  public static func load(
    _ url: URL, for layout: TransformerLayout
  ) throws(LossmithError) -> LoRAAdapter {
    let config = try Config(url)
    let path = url.appending(path: weightsName)
    let file = try SafetensorsFile(path)
    func malformed(_ message: String) -> LossmithError {
      LossmithError(
        .malformedInput, message, at: path.path,
        remedy: "Use the adapter with the base model that it was trained on.")
    }
    var rest = Set(file.names)
    func name(_ target: LoRATarget, _ part: String) -> String {
      "\(prefix)\(target.module).\(part).weight"
    }
    let targets = LoRATarget.all(in: layout).filter { target in
      rest.contains(name(target, "lora_A")) || rest.contains(name(target, "lora_B"))
    }
    guard !targets.isEmpty else {
      throw malformed("The adapter has no matrix for any module of this model.")
    }
    var adapter = LoRAAdapter(config.settings, targets: targets)
    for pair in adapter.pairs {
      for (tensor, part) in [(pair.a, "lora_A"), (pair.b, "lora_B")] {
        let name = name(pair.target, part)
        rest.remove(name)
        guard let shape = file.shape(of: name) else { throw malformed("\(name) is missing.") }
        guard shape == tensor.shape else {
          throw malformed("\(name) has the shape \(shape); the model makes it \(tensor.shape).")
        }
        let isFinite = adapter.withUnsafeMutableBuffer { buffer in
          let target = UnsafeMutableBufferPointer(rebasing: buffer[tensor.range])
          file.copy(name, to: target)
          return target.allSatisfy(\.isFinite)
        }
        guard isFinite else { throw malformed("\(name) holds a NaN or an infinity.") }
      }
    }
    if let other = rest.min() {
      throw malformed("The model has no place for \(JSONReader.shortened(other)).")
    }
    return adapter
  }

  /// What an `adapter_config.json` says that matters here.
  private struct Config {
    var settings: LoRASettings
    var base: String?

    init(_ url: URL) throws(LossmithError) {
      let path = url.appending(path: configName).path
      func refusal(_ message: String, _ remedy: String? = nil) -> LossmithError {
        LossmithError(.malformedInput, message, at: path, remedy: remedy)
      }
      let bytes = try PlainFile(path: path).readAll(limit: 1 << 20, path: path)
      let tree: JSONValue
      do throws(JSONFault) {
        tree = try JSONReader.parse(bytes)
      } catch {
        throw refusal("This is not JSON: \(error).")
      }
      guard let object = tree.object, object.present("peft_type")?.string == "LORA" else {
        throw refusal("This is no configuration of a LoRA adapter.")
      }
      func isOff(_ value: JSONValue?) -> Bool {
        guard let value else { return true }
        if let flag = value.bool { return !flag }
        if let text = value.string { return text == "none" }
        return value.array?.isEmpty ?? (value.object?.members.isEmpty ?? false)
      }
      for key in [
        "bias", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save",
        "layers_to_transform", "trainable_token_indices", "use_qalora", "lora_bias",
      ] where !isOff(object.present(key)) {
        throw refusal(
          "The adapter's \(key) is not supported.", "Train an adapter of A and B alone.")
      }
      guard let rank = object.present("r")?.integer, (1...1_000_000).contains(rank) else {
        throw refusal("r is no rank from 1.")
      }
      guard var alpha = object.present("lora_alpha")?.double, alpha.isFinite else {
        throw refusal("lora_alpha is no number.")
      }
      // Rank-stabilised LoRA (arXiv 2312.03732) divides by √r.
      if object.present("use_rslora")?.bool == true { alpha *= Double(rank).squareRoot() }
      settings = LoRASettings(rank: rank, alpha: alpha)
      base = object.present("base_model_name_or_path")?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
  }
}

extension ModelFolder {
  /// Reads a policy: a Hugging Face folder, or an adapter with its base, merged.
  ///
  /// - Parameters:
  ///   - url: the folder of a model or of an adapter.
  ///   - base: the adapter's base; nil for the one that its configuration names, if it is a folder.
  /// - Throws: as ``load(_:requiresTokenizer:)`` and ``LoRAFolder/load(_:for:)``; `missing-file` for an
  ///   adapter whose base is not to be found, `usage` for a base beside a whole model.
  public static func load(
    policy url: URL, base: URL?
  ) throws(LossmithError) -> ModelFolder {
    guard LoRAFolder.isAdapter(url) else {
      if base != nil {
        throw LossmithError(
          .usage, "This folder is no adapter, so it has no base.", at: url.path,
          remedy: "Leave the base out.")
      }
      return try load(url)
    }
    return try load(try LoRAFolder.base(of: url, given: base), merging: url)
  }

  /// A model with an adapter's share added to its weights.
  ///
  /// - Throws: as ``load(_:requiresTokenizer:)`` and ``LoRAFolder/load(_:for:)``.
  public static func load(
    _ url: URL, merging adapter: URL
  ) throws(LossmithError) -> ModelFolder {
    var folder = try load(url)
    let base = folder.parameters
    try LoRAFolder.load(adapter, for: base.layout).merge(base, into: &folder.parameters)
    folder.source = nil
    return folder
  }
}

extension LoRAFolder {
  /// The folder of an adapter's base: the given one, else the one that the configuration names.
  ///
  /// - Throws: `LossmithError` (`missing-file`) when there is none.
  public static func base(of url: URL, given: URL?) throws(LossmithError) -> URL {
    if let given { return given }
    let name = try base(of: url)
    if let name {
      let folder = name.hasPrefix("/") ? URL(filePath: name) : url.appending(path: name)
      if FileManager.default.fileExists(atPath: folder.appending(path: "config.json").path) {
        return folder.standardizedFileURL
      }
    }
    throw LossmithError(
      .missingFile,
      "This is an adapter, and its base model \(name.map { "\($0) is not here" } ?? "is not named").",
      at: url.path, remedy: "Give the folder of the base model with --base.")
  }
}
