extension TokenizerDocument {
  typealias Vocabulary = [ExactText: Int32]

  /// Token to id, and id to token.
  static func vocabulary(
    _ model: JSONObject
  ) throws(TokenizerFault) -> (Vocabulary, tokens: [Int32: String]) {
    guard let entries = model["vocab"]?.object?.members else {
      throw TokenizerFault("its model has no vocabulary of tokens and ids")
    }
    var vocabulary = Vocabulary(minimumCapacity: entries.count)
    var tokens = [Int32: String](minimumCapacity: entries.count)
    for (token, value) in entries {
      let id = try Self.id(value, "the token \"\(JSONReader.shortened(token))\"")
      if let other = tokens[id] {
        let names = [other, token].map { "\"\(JSONReader.shortened($0))\"" }
        throw TokenizerFault("the tokens \(names[0]) and \(names[1]) share the id \(id)")
      }
      vocabulary[ExactText(token)] = id
      tokens[id] = token
    }
    return (vocabulary, tokens)
  }

  func model(
    _ object: JSONObject, _ vocabulary: Vocabulary, _ splitter: TextSplitter
  ) throws(TokenizerFault) -> HuggingFaceTokenizer.Model {
    // Files from before 2020 do not name their model.
    let kind = object.present("type")?.string ?? (object["merges"] == nil ? "WordLevel" : "BPE")
    switch kind {
    case "BPE": return .bytePair(try bytePair(object, vocabulary, splitter))
    case "WordLevel":
      guard let id = try unknownToken(object, vocabulary) else {
        throw TokenizerFault("a WordLevel model without unk_token is not supported")
      }
      return .words(WordModel(vocabulary: vocabulary, unknown: id))
    default: throw Self.unknown(kind, "model")
    }
  }

  private func unknownToken(
    _ object: JSONObject, _ vocabulary: Vocabulary
  ) throws(TokenizerFault) -> Int32? {
    guard let value = object.present("unk_token") else { return nil }
    guard let name = value.string, let id = vocabulary[ExactText(name)] else {
      throw TokenizerFault("its unk_token is not in the vocabulary")
    }
    return id
  }

  private func bytePair(
    _ object: JSONObject, _ vocabulary: Vocabulary, _ splitter: TextSplitter
  ) throws(TokenizerFault) -> BytePairModel {
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let value = object.present(key), value.string != "" {
        throw TokenizerFault("a BPE with \(key) is not supported")
      }
    }
    if let dropout = object.present("dropout"), dropout.double != 0 {
      throw TokenizerFault("a BPE with dropout is not supported: its ids are random")
    }
    let byteFallback = try Self.flag(object, "byte_fallback", of: "the model", default: false)
    var alphabet = BytePairModel.Alphabet.scalars(byteFallback: byteFallback)
    if case .gpt2 = splitter { alphabet = .bytes }
    return BytePairModel(
      alphabet: alphabet, vocabulary: vocabulary,
      merges: try merges(object, vocabulary),
      unknown: try unknownToken(object, vocabulary),
      fusesUnknown: try Self.flag(object, "fuse_unk", of: "the model", default: false),
      ignoresMerges: try Self.flag(object, "ignore_merges", of: "the model", default: false))
  }

  /// Merges as `"a b"` (before version 0.20 of tokenizers) or as `["a", "b"]`.
  private func merges(
    _ object: JSONObject, _ vocabulary: Vocabulary
  ) throws(TokenizerFault) -> PairTable {
    let list = try Self.list(object, "merges", of: "the model")
    var table = PairTable(capacity: list.count)
    for (rank, value) in list.enumerated() {
      let (left, right) = try pair(value, rank)
      guard let first = vocabulary[ExactText(left)], let second = vocabulary[ExactText(right)],
        let result = vocabulary[ExactText(left + right)]
      else {
        throw TokenizerFault(
          "merge \(rank), \"\(JSONReader.shortened(left))\" and"
            + " \"\(JSONReader.shortened(right))\", has a part or result outside the vocabulary")
      }
      table.insert(first, second, Merge(rank: UInt32(rank), result: result))
    }
    return table
  }

  private func pair(_ value: JSONValue, _ rank: Int) throws(TokenizerFault) -> (String, String) {
    switch value {
    case .string(let text):
      let halves = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      if halves.count == 2, let left = String(halves[0]), let right = String(halves[1]) {
        return (left, right)
      }
    case .array(let halves):
      if halves.count == 2, let left = halves[0].string, let right = halves[1].string {
        return (left, right)
      }
    default: break
    }
    throw TokenizerFault("merge \(rank) is not a pair of tokens")
  }

  /// The added tokens, entered into the table of tokens.
  func addedTokens(
    _ vocabulary: Vocabulary, into tokens: inout [Int32: String]
  ) throws(TokenizerFault) -> [AddedToken] {
    guard let value = self.added else { return [] }
    guard let list = value.array else { throw TokenizerFault("added_tokens is not a list") }
    var result: [AddedToken] = []
    for value in list {
      let object = try Self.object(value, "an added token")
      let content = try Self.text(object, "content", of: "an added token")
      let what = "the added token \"\(JSONReader.shortened(content))\""
      let id = try Self.id(object["id"], what)
      if content.isEmpty { continue }
      if let own = vocabulary[ExactText(content)], own != id {
        throw TokenizerFault("\(what) has the id \(id), but \(own) in the vocabulary")
      }
      if let other = tokens[id], !other.utf8.elementsEqual(content.utf8) {
        throw TokenizerFault(
          "\(what) has the id \(id) of \"\(JSONReader.shortened(other))\"")
      }
      tokens[id] = content
      let special = try Self.flag(object, "special", of: what, default: false)
      result.append(
        AddedToken(
          id: id, content: content,
          singleWord: try Self.flag(object, "single_word", of: what, default: false),
          stripsLeft: try Self.flag(object, "lstrip", of: what, default: false),
          stripsRight: try Self.flag(object, "rstrip", of: what, default: false),
          normalized: try Self.flag(object, "normalized", of: what, default: !special),
          special: special))
    }
    return result
  }
}
