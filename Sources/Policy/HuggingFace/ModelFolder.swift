import Foundation
import Losses

/// A policy as a Hugging Face folder: weights, shape and tokenizer.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the shape, and the ids of the start, end and padding tokens |
/// | `model.safetensors` | the weights, GPT-2's or a Llama's; read as F32, F16, BF16 or F64, written as F32 |
/// | `model.safetensors.index.json` | in its place, when the weights are in several files |
/// | `tokenizer.json` | the tokenizer (or GPT-2's `vocab.json` and `merges.txt`) |
/// | `generation_config.json` | the same ids once more, for `transformers` |
///
/// A folder that was read and is written again keeps the bytes of every file but the weights, as
/// long as shape and tokens are the same; a `config.json` that promises another precision than that of
/// the weights is written anew.
public struct ModelFolder: Sendable {
  public var parameters: TransformerParameters
  /// Nil only when the folder has none and none was asked for.
  public var tokenizer: HuggingFaceTokenizer?
  /// What every text starts with, in models that were trained so.
  public var startToken: Int32?
  public var endToken: Int32?
  public var padToken: Int32?
  /// The folder that it was read from; nil for a policy that was made here, or of which an adapter has
  /// become a part.
  public internal(set) var source: String?

  /// The files that are handed on as they were, with the configuration that they belong to.
  private var original: (config: ModelConfig, files: [String: [UInt8]])?

  public var configuration: TransformerConfiguration { parameters.configuration }

  /// A policy that was made here.
  ///
  /// The end and padding tokens are the tokenizer's.
  public init(
    parameters: TransformerParameters, tokenizer: HuggingFaceTokenizer?, startToken: Int32? = nil
  ) {
    self.parameters = parameters
    self.tokenizer = tokenizer
    self.startToken = startToken
    endToken = tokenizer?.endToken
    padToken = tokenizer?.padToken
  }

  private static let handedOn = [
    "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json",
    "vocab.json", "merges.txt",
  ]

  /// Reads a folder.
  ///
  /// The tokenizer may have fewer entries than the model only by rounding up: `vocab_size` may be
  /// the next multiple of 64.
  ///
  /// - Parameter requiresTokenizer: whether a folder without a tokenizer is an error.
  /// - Throws: `LossmithError`: `missing-file`, or `malformed-input` that names the file, the key
  ///   or tensor, and the disagreement.
  public static func load(
    _ url: URL, requiresTokenizer: Bool = true
  ) throws(LossmithError) -> ModelFolder {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
      isFolder.boolValue
    else {
      throw LossmithError(
        .missingFile, "There is no such folder.", at: url.path,
        remedy: "Name a folder with config.json, model.safetensors and tokenizer.json.")
    }
    var files: [String: [UInt8]] = [:]
    for name in handedOn {
      let path = url.appending(path: name).path
      guard FileManager.default.fileExists(atPath: path) || name == "config.json" else { continue }
      let limit = HuggingFaceTokenizer.largestFile
      files[name] = try PlainFile(path: path).readAll(limit: limit, path: path)
    }
    let configPath = url.appending(path: "config.json").path
    let config = try ModelConfig(files["config.json"] ?? [], path: configPath)
    let tokenizer = try tokenizer(in: url, config, required: requiresTokenizer)
    if let tokenizer { try check(tokenizer, config, path: url.path) }
    let parameters = try ModelWeights.load(try weights(in: url), config.model)
    var folder = ModelFolder(
      parameters: parameters, tokenizer: tokenizer, startToken: config.startToken)
    folder.endToken = config.endToken
    folder.padToken = config.padToken
    folder.original = (config, files)
    folder.source = url.path
    return folder
  }

  private static func weights(in url: URL) throws(LossmithError) -> SafetensorsSet {
    let weights = url.appending(path: SafetensorsSet.singleName)
    if FileManager.default.fileExists(atPath: weights.path) {
      return try SafetensorsSet(file: weights)
    }
    let index = url.appending(path: SafetensorsSet.indexName)
    if FileManager.default.fileExists(atPath: index.path) {
      return try SafetensorsSet(index: index)
    }
    for name in ["pytorch_model.bin", "pytorch_model.bin.index.json"]
    where FileManager.default.fileExists(atPath: url.appending(path: name).path) {
      throw LossmithError(
        .missingFile,
        "There is no model.safetensors, only pickled weights, which Lossmith does not open.",
        at: url.path, remedy: "Save the model with save_pretrained(safe_serialization=True).")
    }
    throw LossmithError(
      .missingFile, "There is no such file.", at: weights.path,
      remedy: "Name a folder with config.json, model.safetensors and tokenizer.json.")
  }

  private static func tokenizer(
    in url: URL, _ config: ModelConfig, required: Bool
  ) throws(LossmithError) -> HuggingFaceTokenizer? {
    let manager = FileManager.default
    let json = url.appending(path: "tokenizer.json")
    let (vocabulary, merges) = (
      url.appending(path: "vocab.json"), url.appending(path: "merges.txt")
    )
    if manager.fileExists(atPath: json.path) {
      return try HuggingFaceTokenizer(json, endToken: config.endToken, padToken: config.padToken)
    }
    if manager.fileExists(atPath: vocabulary.path), manager.fileExists(atPath: merges.path) {
      return try HuggingFaceTokenizer.gpt2(
        vocabulary: vocabulary, merges: merges, endToken: config.endToken,
        padToken: config.padToken)
    }
    guard required else { return nil }
    throw LossmithError(
      .missingFile, "There is no such file.", at: json.path,
      remedy: "Copy the tokenizer.json that the model was trained with into the folder.")
  }

  private static func check(
    _ tokenizer: HuggingFaceTokenizer, _ config: ModelConfig, path: String
  ) throws(LossmithError) {
    let (own, models) = (tokenizer.vocabularySize, config.model.vocabularySize)
    guard own != models, models != (own + 63) / 64 * 64 else { return }
    throw LossmithError(
      .malformedInput,
      "The tokenizer has \(own) tokens, but vocab_size in config.json is \(models).", at: path,
      remedy: "Use the tokenizer.json that the model was trained with.")
  }
}

// MARK: - Writing

extension ModelFolder {
  /// Writes the folder, made if it is not there; files of these names are replaced.
  ///
  /// Each file appears whole or not at all, `model.safetensors` or its index last: a folder with weights
  /// is complete. Equal policies give equal bytes.
  ///
  /// - Parameter shardLimit: bytes of weights that a file may hold, for a model in several files; nil
  ///   for one file.
  /// - Throws: `LossmithError` (`storage`).
  public func save(to url: URL, shardLimit: Int? = nil) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw LossmithError(
        .storage, "The folder could not be made.", at: url.path,
        remedy: "Check that its parent may be written to.", underlying: error)
    }
    var files = self.files
    if let tokenizer { files["tokenizer.json"] = Array(tokenizer.json) }
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      try AtomicFile.write(bytes, to: url.appending(path: name).path)
    }
    try ModelWeights.save(parameters, to: url, shardLimit: shardLimit)
  }

  /// Everything but the weights and the tokenizer.
  private var files: [String: [UInt8]] {
    let config = ModelConfig(
      model: configuration, startToken: startToken, endToken: endToken, padToken: padToken)
    if let original, original.config == config {
      var files = original.files
      if !ModelConfig.saysSinglePrecision(files["config.json"] ?? []) {
        files["config.json"] = Array(config.json.utf8)
      }
      return files
    }
    var files = [
      "config.json": Array(config.json.utf8),
      "generation_config.json": Array(config.generationJSON.utf8),
    ]
    if let tokenizer { files["tokenizer_config.json"] = Array(settings(of: tokenizer).utf8) }
    return files
  }

  /// The text of a `tokenizer_config.json`: which tokens have a role.
  private func settings(of tokenizer: HuggingFaceTokenizer) -> String {
    let roles = [
      ("bos_token", startToken), ("eos_token", endToken), ("pad_token", padToken),
      ("unk_token", tokenizer.unknownToken),
    ].compactMap { name, id in
      id.flatMap(tokenizer.token).map { "  \"\(name)\": \(JSONText.quoted($0))" }
    }
    let lines =
      ["  \"clean_up_tokenization_spaces\": false"]
      + ["  \"model_max_length\": \(configuration.contextLength)"] + roles
      + ["  \"tokenizer_class\": \"PreTrainedTokenizerFast\""]
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }
}
