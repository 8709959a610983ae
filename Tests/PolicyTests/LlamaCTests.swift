import Foundation
import Losses
import Testing

@testable import Policy

/// Checkpoints and tokenizers of llama2.c.
@Suite("llama2.c")
struct LlamaCTests {
  private static func bytes(_ values: [Int32]) -> Data {
    values.reduce(into: Data()) { data, value in
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
  }

  private static func bytes(_ values: [Float]) -> Data {
    bytes(values.map { Int32(bitPattern: $0.bitPattern) })
  }

  private static func shape(tied: Bool) -> TransformerConfiguration {
    .llama(
      vocabularySize: 9, contextLength: 5, width: 12, layers: 2, heads: 3, keyValueHeads: 1,
      feedForwardWidth: 7, normEpsilon: 1e-5, tiesEmbeddings: tied)
  }

  /// A file of a model, written tensor by tensor as llama2.c's exporter does.
  private static func file(_ parameters: TransformerParameters, version: Int) -> Data {
    let shape = parameters.configuration
    func tensor(_ name: String) -> Data {
      let values = parameters[name]!
      guard name.contains("q_proj") || name.contains("k_proj") else { return bytes(values) }
      // Neighbours i, i + half of a head become 2i, 2i + 1.
      let (width, half) = (shape.width, shape.headWidth / 2)
      return (0..<(values.count / width)).reduce(into: Data()) { data, row in
        let (head, place) = (row / (2 * half), row % (2 * half))
        let source = head * 2 * half + place / 2 + (place % 2) * half
        data += bytes(Array(values[(source * width)..<((source + 1) * width)]))
      }
    }
    func all(_ part: String) -> Data {
      (0..<shape.layers).reduce(into: Data()) { $0 += tensor("model.layers.\($1).\(part).weight") }
    }
    let attention = ["q", "k", "v", "o"].map { all("self_attn.\($0)_proj") }
      .reduce(Data(), +)
    let mlp = ["gate", "down", "up"].map { all("mlp.\($0)_proj") }.reduce(Data(), +)
    let (first, second) = (all("input_layernorm"), all("post_attention_layernorm"))
    let (embedding, last) = (tensor("model.embed_tokens.weight"), tensor("model.norm.weight"))
    let head = shape.tiesEmbeddings ? Data() : tensor("lm_head.weight")
    let numbers = [
      shape.width, shape.feedForwardWidth, shape.layers, shape.heads, shape.keyValueHeads,
    ].map(Int32.init)
    if version == 0 {
      let vocabulary = Int32(shape.tiesEmbeddings ? 9 : -9)
      let tables = bytes([Float](repeating: 0.5, count: 5 * shape.headWidth))
      return bytes(numbers + [vocabulary, 5]) + embedding + first + attention + second + mlp + last
        + tables + head
    }
    var start = bytes([0x616b_3432, Int32(version)] + numbers + [9, 5])
    start.append(shape.tiesEmbeddings ? 1 : 0)
    start += Data(count: 256 - start.count)
    return start + first + second + last + embedding + attention + mlp + head
  }

  private func read(_ data: Data) throws -> TransformerParameters {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "model.bin")
      try data.write(to: url)
      return try LlamaCFile(url).parameters
    }
  }

  private func refusal(_ data: Data) -> String {
    let error = #expect(throws: LossmithError.self) { try read(data) }
    #expect(error?.code == .malformedInput)
    #expect(error?.code.exitCode == .usage)
    return error?.message ?? ""
  }

  @Test("both versions of the format, head tied or not, give the model", arguments: [0, 1])
  func versions(version: Int) throws {
    for tied in [true, false] {
      let parameters = SmallTransformers.sine(Self.shape(tied: tied))
      let back = try read(Self.file(parameters, version: version))
      #expect(back.configuration == parameters.configuration)
      for tensor in parameters.layout.stored {
        #expect(back[tensor.name] == parameters[tensor.name], "\(tensor.name)")
      }
    }
  }

  @Test("a file that is cut short, too long, quantised or absurd is refused")
  func refusals() throws {
    for version in [0, 1] {
      let whole = Self.file(SmallTransformers.sine(Self.shape(tied: true)), version: version)
      for length in [0, 3, 27, 28, 300, whole.count / 2, whole.count - 4, whole.count - 1] {
        #expect(!refusal(whole.prefix(length)).isEmpty)
      }
      #expect(refusal(whole + Data(count: 4)).contains("asks for"))
      let numbers = version == 0 ? 0 : 8
      for (place, name) in [
        "dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len",
      ].enumerated() {
        for value in [0, -3, 0x7FFF_FFFF, Int32.min] where !(name == "vocab_size" && value == -3) {
          var broken = whole
          broken.replaceSubrange(
            (numbers + 4 * place)..<(numbers + 4 * place + 4), with: Self.bytes([value]))
          #expect(refusal(broken).contains("\(name) is"), "\(name) \(value)")
        }
      }
      var odd = whole
      odd.replaceSubrange((numbers + 12)..<(numbers + 16), with: Self.bytes([Int32(5)]))
      #expect(refusal(odd).contains("does not divide"))
      var broken = whole
      broken.replaceSubrange((whole.count - 4)..<whole.count, with: Self.bytes([Float.nan]))
      if version == 1 { #expect(refusal(broken).contains("holds a NaN")) }
    }
    for version in [Int32(2), 3, -1] {
      let message = refusal(Self.bytes([0x616b_3432, version]) + Data(count: 400))
      #expect(message.contains(version == 2 ? "quantised" : "unknown version"))
    }
  }

  // MARK: - Tokenizers

  private static func pieces(_ pieces: [(text: String, score: Float)]) -> Data {
    pieces.reduce(into: bytes([Int32(7)])) { data, piece in
      data += bytes([piece.score]) + bytes([Int32(piece.text.utf8.count)])
      data += Data(piece.text.utf8)
    }
  }

  private static let small: [(text: String, score: Float)] =
    [("<unk>", 0), ("\n<s>\n", 0), ("\n</s>\n", 0)]
    + (0..<256).map { (BytePairModel.fallbackName(of: UInt8($0)), 0) }
    + [("ab", 0), (" a", -1), ("abc", -2), ("bc", -3)]
    + ["a", "b", "c", " "].enumerated().map { ($1, -4 - Float($0)) }

  private func tokenizer(_ data: Data, _ count: Int) throws -> HuggingFaceTokenizer {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "tokenizer.bin")
      try data.write(to: url)
      return try LlamaCTokenizer.read(url, count: count)
    }
  }

  /// llama2.c's `encode`: joins the neighbours of the highest score until there are none.
  private func encoded(_ text: String, _ pieces: [(text: String, score: Float)]) -> [Int32] {
    let places = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($1.text, $0) })
    guard !text.isEmpty else { return [] }
    var ids = (" " + text).unicodeScalars.flatMap { scalar in
      places[String(scalar)].map { [$0] } ?? String(scalar).utf8.map { Int($0) + 3 }
    }
    while true {
      var best: (score: Float, place: Int, id: Int)?
      for place in ids.indices.dropLast() {
        guard let id = places[pieces[ids[place]].text + pieces[ids[place + 1]].text] else {
          continue
        }
        if best.map({ pieces[id].score > $0.score }) ?? true {
          best = (pieces[id].score, place, id)
        }
      }
      guard let best else { return ids.map(Int32.init) }
      ids.replaceSubrange(best.place...(best.place + 1), with: [best.id])
    }
  }

  @Test("a tokenizer's ids are those of llama2.c, and its text comes back")
  func tokens() throws {
    let tokenizer = try tokenizer(Self.pieces(Self.small), Self.small.count)
    for text in ["", "a", "abc", "ab c abc", "bcabcb", " a", "aXb é", "a\nb", "abab  abcabc"] {
      let ids = tokenizer.encode(text)
      #expect(ids == encoded(text, Self.small), "\(text)")
      #expect(tokenizer.decode(ids) == text)
    }
    #expect(tokenizer.encode("a", addingSpecialTokens: true).first == 1)
    #expect(tokenizer.endToken == 1 && tokenizer.vocabularySize == Self.small.count)
    // What follows a prompt has no blank of its own in front.
    #expect(tokenizer.encode(continuation: "abc") == [261])
    #expect(
      tokenizer.decode(tokenizer.encode(continuation: " abc"), after: tokenizer.encode("ab"))
        == " abc")
  }

  @Test("a tokenizer that is cut short, too long or makes no sense is refused")
  func tokenizerRefusals() throws {
    let whole = Self.pieces(Self.small)
    func refusal(_ data: Data, _ count: Int = Self.small.count) -> String {
      let error = #expect(throws: LossmithError.self) { try tokenizer(data, count) }
      #expect(error?.code == .malformedInput)
      return error?.message ?? ""
    }
    for length in [0, 3, 9, whole.count / 2, whole.count - 1] {
      #expect(refusal(whole.prefix(length)).contains("ends"))
    }
    #expect(refusal(whole, Self.small.count + 1).contains("ends at piece"))
    #expect(refusal(whole, Self.small.count - 1).contains("bytes behind"))
    var long = whole
    long.replaceSubrange(8..<12, with: Self.bytes([Int32.max]))
    #expect(refusal(long).contains("claims"))
    var invalid = whole
    invalid[invalid.count - 1] = 0xFF
    #expect(refusal(invalid).contains("not UTF-8"))
    var twice = Self.small
    twice[twice.count - 1].text = "ab"
    #expect(refusal(Self.pieces(twice)).contains("occurs twice"))
    var score = Self.small
    score[5].score = .nan
    #expect(refusal(Self.pieces(score)).contains("score"))
  }

  @Test("stories260K tells the story that llama2.c tells at temperature 0")
  func stories() throws {
    guard let shared = TestFiles.shared else { return }
    let folder = shared.appending(path: "data/stories260K")
    let parameters = try LlamaCFile(folder.appending(path: "stories260K.bin")).parameters
    let tokenizer = try LlamaCTokenizer.read(
      folder.appending(path: "tok512.bin"), count: parameters.configuration.vocabularySize)
    let drawn = try TransformerSampler(TransformerRunner(parameters.configuration, threads: 1))
      .sample(
        parameters, prompts: [SamplingPrompt(tokens: [1], index: 0)],
        options: SamplingOptions(temperature: 0, maximumTokens: 199, endToken: 1), seed: 0)
    let story = """
      Once upon a time, there was a little girl named Lily. She loved to play outside in the park. \
      One day, she saw a big, red ball. She wanted to play with it, but it was too high.
      Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She \
      said, "I want to play with your ball, but I can't find it."
      Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to \
      do."
      Lily didn't want to help her mom, so
      """
    #expect(tokenizer.decode(drawn[0].tokens).hasPrefix(story))
    // Its ids on texts are those of llama2.c, too.
    let document = try JSONSerialization.jsonObject(with: tokenizer.json) as? [String: Any]
    let written = try #require(document?["model"] as? [String: Any])
    let vocabulary = try #require(written["vocab"] as? [String: Int])
    #expect(vocabulary.count == 512)
    let ordered = vocabulary.sorted { $0.value < $1.value }.map {
      (text: $0.key.replacing("\u{2581}", with: " "), score: $0.value < 259 ? 0 : -Float($0.value))
    }
    for text in [story, "A dog, a cat & 3 mice — 'hello'!", "  two blanks  ", "naïve 日本"] {
      #expect(tokenizer.encode(text) == encoded(text, ordered))
    }
  }
}
