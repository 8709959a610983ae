/// Why a `tokenizer.json` cannot be used, half a sentence.
struct TokenizerFault: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The tree of a `tokenizer.json`, and the parts that it describes.
///
/// Every kind of part that is not known is refused by its name: a tokenizer that ignored a
/// normaliser would give wrong ids without a word.
struct TokenizerDocument {
  private let root: JSONObject

  var added: JSONValue? { root.present("added_tokens") }

  init(_ bytes: [UInt8]) throws(TokenizerFault) {
    let tree: JSONValue
    do throws(JSONFault) {
      tree = try JSONReader.parse(bytes)
    } catch {
      throw TokenizerFault("it is not JSON: \(error)")
    }
    guard let root = tree.object else { throw TokenizerFault("it is \(tree.kind), not an object") }
    self.root = root
  }

  func parts() throws(TokenizerFault) -> HuggingFaceTokenizer.Parts {
    guard let model = root.present("model")?.object else {
      throw TokenizerFault("it has no model")
    }
    let splitter = try self.splitter(root.present("pre_tokenizer"))
    let (vocabulary, tokens) = try Self.vocabulary(model)
    var parts = HuggingFaceTokenizer.Parts(
      model: try self.model(model, vocabulary, splitter), tokens: tokens)
    parts.splitter = splitter
    parts.normalizer = try root.present("normalizer").map(normalizer)
    parts.decoder = try decoder(root.present("decoder"))
    parts.added = try addedTokens(vocabulary, into: &parts.tokens)
    try readPostProcessor(root.present("post_processor"), into: &parts)
    return parts
  }

  // MARK: - Members of objects

  static func object(_ value: JSONValue?, _ what: String) throws(TokenizerFault) -> JSONObject {
    guard let object = value?.object else { throw TokenizerFault("\(what) is not an object") }
    return object
  }

  static func text(
    _ object: JSONObject, _ key: String, of what: String
  ) throws(TokenizerFault) -> String {
    guard let text = object[key]?.string else {
      throw TokenizerFault("\(what) has no text \"\(key)\"")
    }
    return text
  }

  static func flag(
    _ object: JSONObject, _ key: String, of what: String, default fallback: Bool
  ) throws(TokenizerFault) -> Bool {
    guard let value = object.present(key) else { return fallback }
    guard let flag = value.bool else { throw TokenizerFault("\"\(key)\" of \(what) is no boolean") }
    return flag
  }

  static func list(
    _ object: JSONObject, _ key: String, of what: String
  ) throws(TokenizerFault) -> [JSONValue] {
    guard let list = object[key]?.array else {
      throw TokenizerFault("\(what) has no list \"\(key)\"")
    }
    return list
  }

  static func id(_ value: JSONValue?, _ what: String) throws(TokenizerFault) -> Int32 {
    guard let id = value?.integer, id >= 0, id < HuggingFaceTokenizer.largestID else {
      throw TokenizerFault(
        "\(what) has no id from 0 to \(HuggingFaceTokenizer.largestID - 1)")
    }
    return Int32(id)
  }

  static func unknown(_ kind: String, _ what: String) -> TokenizerFault {
    TokenizerFault("the \(what) \"\(JSONReader.shortened(kind))\" is not supported")
  }

  // MARK: - Stages

  private func normalizer(_ value: JSONValue) throws(TokenizerFault) -> TextNormalizer {
    let object = try Self.object(value, "the normalizer")
    let kind = try Self.text(object, "type", of: "the normalizer")
    switch kind {
    case "Sequence":
      var steps: [TextNormalizer] = []
      for step in try Self.list(object, "normalizers", of: "the normalizer") {
        steps.append(try normalizer(step))
      }
      return .sequence(steps)
    case "Prepend": return .prepend(Array(try Self.text(object, "prepend", of: kind).utf8))
    case "Replace":
      let (pattern, content) = try Self.replacement(object)
      return .replace(pattern, by: content)
    default: throw Self.unknown(kind, "normalizer")
    }
  }

  private static func replacement(
    _ object: JSONObject
  ) throws(TokenizerFault) -> (pattern: [UInt8], content: [UInt8]) {
    guard let pattern = object["pattern"]?.object?["String"]?.string, !pattern.isEmpty else {
      throw TokenizerFault("a Replace whose pattern is not a plain String is not supported")
    }
    return (Array(pattern.utf8), Array(try text(object, "content", of: "Replace").utf8))
  }

  private func splitter(_ value: JSONValue?) throws(TokenizerFault) -> TextSplitter {
    guard let value else { return .none }
    let object = try Self.object(value, "the pre_tokenizer")
    let kind = try Self.text(object, "type", of: "the pre_tokenizer")
    switch kind {
    case "ByteLevel":
      return .gpt2(
        addsPrefixSpace: try Self.flag(object, "add_prefix_space", of: kind, default: true),
        splits: try Self.flag(object, "use_regex", of: kind, default: true))
    case "Whitespace": return .words
    case "WhitespaceSplit": return .blanks
    case "Metaspace": return .metaspace(try Self.metaspace(object))
    case "Sequence":
      let steps = try Self.list(object, "pretokenizers", of: "the pre_tokenizer")
      guard steps.count == 1 else {
        throw TokenizerFault("a Sequence of \(steps.count) pre_tokenizers is not supported")
      }
      return try splitter(steps[0])
    default: throw Self.unknown(kind, "pre_tokenizer")
    }
  }

  private static func metaspace(_ object: JSONObject) throws(TokenizerFault) -> Metaspace {
    let kind = "Metaspace"
    let replacement = Array(try text(object, "replacement", of: kind).utf8)
    guard !replacement.isEmpty else { throw TokenizerFault("a Metaspace has an empty replacement") }
    // Before version 0.15 of tokenizers a flag said what the scheme says now.
    let isPrefixing = try flag(object, "add_prefix_space", of: kind, default: true)
    var prepending: Metaspace.Prepending = isPrefixing ? .always : .never
    if let scheme = object.present("prepend_scheme") {
      guard let known = scheme.string.flatMap(Metaspace.Prepending.init) else {
        throw TokenizerFault("a Metaspace has an unknown prepend_scheme")
      }
      prepending = known
    }
    return Metaspace(
      replacement: replacement, prepending: prepending,
      splits: try flag(object, "split", of: kind, default: true))
  }

  private func decoder(_ value: JSONValue?) throws(TokenizerFault) -> TokenDecoder {
    guard let value else { return .blanks }
    let object = try Self.object(value, "the decoder")
    if try Self.text(object, "type", of: "the decoder") == "Sequence" {
      var steps: [TokenDecoder.Step] = []
      for step in try Self.list(object, "decoders", of: "the decoder") {
        steps.append(try decoderStep(try Self.object(step, "a decoder")))
      }
      return .sequence(steps)
    }
    let step = try decoderStep(object)
    if case .byteLevel = step { return .byteLevel }
    return .sequence([step])
  }

  private func decoderStep(_ object: JSONObject) throws(TokenizerFault) -> TokenDecoder.Step {
    let kind = try Self.text(object, "type", of: "a decoder")
    switch kind {
    case "ByteLevel": return .byteLevel
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Metaspace":
      let metaspace = try Self.metaspace(object)
      return .metaspace(
        metaspace.replacement, dropsFirst: metaspace.prepending != .never)
    case "Replace":
      let (pattern, content) = try Self.replacement(object)
      return .replace(pattern, by: content)
    case "Strip":
      guard let start = object["start"]?.integer, let end = object["stop"]?.integer,
        (0...1024).contains(start), (0...1024).contains(end)
      else { throw TokenizerFault("a Strip has no start and stop from 0 to 1024") }
      return .strip(
        Array(try Self.text(object, "content", of: "Strip").utf8), start: start, end: end)
    default: throw Self.unknown(kind, "decoder")
    }
  }

  private func readPostProcessor(
    _ value: JSONValue?, into parts: inout HuggingFaceTokenizer.Parts
  ) throws(TokenizerFault) {
    guard let value else { return }
    let object = try Self.object(value, "the post_processor")
    let kind = try Self.text(object, "type", of: "the post_processor")
    switch kind {
    case "ByteLevel": break  // It moves offsets, which Lossmith does not have.
    case "Sequence":
      for step in try Self.list(object, "processors", of: "the post_processor") {
        try readPostProcessor(step, into: &parts)
      }
    case "TemplateProcessing": try readTemplate(object, into: &parts)
    default: throw Self.unknown(kind, "post_processor")
    }
  }

  private func readTemplate(
    _ object: JSONObject, into parts: inout HuggingFaceTokenizer.Parts
  ) throws(TokenizerFault) {
    let what = "the template of the post_processor"
    var before: [Int32] = []
    var after: [Int32] = []
    var sawText = false
    for piece in try Self.list(object, "single", of: what) {
      let piece = try Self.object(piece, what)
      if piece["Sequence"] != nil {
        guard !sawText else { throw TokenizerFault("\(what) has the text twice") }
        sawText = true
      } else {
        let name = try Self.text(
          try Self.object(piece["SpecialToken"], what), "id", of: what)
        let table = try Self.object(object["special_tokens"], what)
        let entry = try Self.object(table[name], "\(what): \"\(JSONReader.shortened(name))\"")
        for value in try Self.list(entry, "ids", of: what) {
          let id = try Self.id(value, what)
          guard parts.tokens[id] != nil else {
            throw TokenizerFault("\(what) has the id \(id), which is not in the vocabulary")
          }
          if sawText { after.append(id) } else { before.append(id) }
        }
      }
    }
    guard sawText else { throw TokenizerFault("\(what) has no place for the text") }
    // A later processor works on what the earlier ones gave.
    parts.start = before + parts.start
    parts.end += after
  }
}
