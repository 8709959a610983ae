import Foundation
import Losses

extension HuggingFaceTokenizer {
  /// Larger files are refused; the largest real one has 35 MB.
  static let largestFile = 64 << 20
  /// Larger ids are refused; the largest real vocabularies have 260,000 entries.
  static let largestID = 1 << 24

  /// Reads a `tokenizer.json`.
  ///
  /// - Parameters:
  ///   - endToken: the id that ends a text; the file itself does not say.
  ///   - padToken: the id that fills up a batch.
  /// - Throws: `LossmithError` (`missing-file`, or `malformed-input` naming what is wrong or which
  ///   part is of a kind that Lossmith does not have).
  public convenience init(
    _ url: URL, endToken: Int32? = nil, padToken: Int32? = nil
  ) throws(LossmithError) {
    let bytes = try PlainFile(path: url.path).readAll(limit: Self.largestFile, path: url.path)
    try self.init(bytes, source: url.path, endToken: endToken, padToken: padToken)
  }

  /// Reads the text of a `tokenizer.json`.
  ///
  /// - Parameter source: how errors name it.
  /// - Throws: as the other initialiser.
  public convenience init(
    _ bytes: [UInt8], source: String, endToken: Int32? = nil, padToken: Int32? = nil
  ) throws(LossmithError) {
    let parts: Parts
    do throws(TokenizerFault) {
      parts = try TokenizerDocument(bytes).parts()
    } catch {
      throw LossmithError(
        .malformedInput, "This tokenizer cannot be used: \(error.reason).", at: source,
        remedy: "Lossmith reads byte-level BPE, BPE with byte fallback and word-level"
          + " tokenizers as Hugging Face's tokenizers writes them.")
    }
    for (name, id) in [("end", endToken), ("padding", padToken)] {
      if let id, parts.tokens[id] == nil {
        throw LossmithError(
          .malformedInput, "The \(name) token \(id) is not in the tokenizer's vocabulary.",
          at: source, remedy: "Make config.json and tokenizer.json agree.")
      }
    }
    self.init(parts, json: Data(bytes), endToken: endToken, padToken: padToken)
  }

  /// Makes a tokenizer of GPT-2's own two files.
  ///
  /// - Parameters:
  ///   - vocabulary: `encoder.json` or `vocab.json`: token to id.
  ///   - merges: `vocab.bpe` or `merges.txt`: two tokens a line, after a `#version` line.
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`).
  public static func gpt2(
    vocabulary: URL, merges: URL, endToken: Int32? = nil, padToken: Int32? = nil
  ) throws(LossmithError) -> Self {
    let limit = largestFile
    let words = try PlainFile(path: vocabulary.path).readAll(limit: limit, path: vocabulary.path)
    let lines = try PlainFile(path: merges.path).readAll(limit: limit, path: merges.path)
    guard let text = String(validating: lines, as: UTF8.self),
      let wordText = String(validating: words, as: UTF8.self)
    else {
      throw LossmithError(.malformedInput, "The file is not UTF-8.", at: merges.path)
    }
    let pairs = text.split(separator: "\n").filter { !$0.hasPrefix("#version") }
      .map { JSONText.quoted(String($0)) }
    let end = "<|endoftext|>"
    var special = ""
    if let tree = try? JSONReader.parse(words).object, let id = tree[end]?.integer {
      special = """
        {"id":\(id),"content":"\(end)","single_word":false,"lstrip":false,"rstrip":false,\
        "normalized":false,"special":true}
        """
    }
    let level = "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true}"
    let json = """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[\(special)],\
      "normalizer":null,"pre_tokenizer":\(level),"post_processor":null,"decoder":\(level),\
      "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,\
      "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,\
      "vocab":\(wordText),"merges":[\(pairs.joined(separator: ","))]}}
      """
    return try Self(
      Array(json.utf8), source: vocabulary.path, endToken: endToken, padToken: padToken)
  }
}
