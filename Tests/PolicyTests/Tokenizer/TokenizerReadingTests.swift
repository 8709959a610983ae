import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Reading tokenizers")
struct TokenizerReadingTests {
  static let valid = """
    {"added_tokens":[{"id":3,"content":"<e>","special":true}],"normalizer":null,\
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":null,\
    "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","dropout":null,\
    "vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
    """

  static func read(_ old: String = "", _ new: String = "") throws -> HuggingFaceTokenizer {
    if !old.isEmpty { try #require(valid.contains(old)) }
    return try HuggingFaceTokenizer(
      Array((old.isEmpty ? valid : valid.replacing(old, with: new)).utf8), source: "tokenizer.json")
  }

  @Test("the file that the refusals below are made from is read")
  func control() throws {
    let tokenizer = try Self.read()
    #expect(tokenizer.encode("abab<e>a") == [2, 2, 3, 0])
    #expect(tokenizer.vocabularySize == 4)
    #expect(tokenizer.token(2) == "ab")
    #expect(tokenizer.id(of: "<e>") == 3)
    #expect(tokenizer.id(of: "x") == nil)
    #expect(tokenizer.decode([2, 3, 0]) == "aba")
    #expect(tokenizer.decode([-1, 9, .max]) == "")
    #expect(try Self.read("\"a b\"", "[\"a\",\"b\"]").encode("ab") == [2])
    #expect(try Self.read("\"dropout\":null", "\"dropout\":0.0").encode("ab") == [2])
  }

  @Test(
    "what is not built, or cannot be, is refused by name",
    arguments: [
      ("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFKC\"}", "normalizer \"NFKC\""),
      ("\"normalizer\":null", "\"normalizer\":7", "normalizer is not an object"),
      ("\"ByteLevel\",\"add", "\"Metaspace\",\"add", "Metaspace has no text"),
      ("\"ByteLevel\",\"add", "\"BertPreTokenizer\",\"add", "pre_tokenizer \"Bert"),
      ("\"add_prefix_space\":false", "\"add_prefix_space\":1", "no boolean"),
      ("\"decoder\":{\"type\":\"ByteLevel\"}", "\"decoder\":{\"type\":\"CTC\"}", "decoder \"CTC\""),
      ("\"post_processor\":null", "\"post_processor\":{\"type\":\"RobertaProcessing\"}", "Roberta"),
      ("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "model \"Unigram\""),
      ("\"dropout\":null", "\"dropout\":0.1", "dropout"),
      ("\"dropout\":null", "\"end_of_word_suffix\":\"</w>\"", "end_of_word_suffix"),
      ("\"dropout\":null", "\"unk_token\":\"?\"", "unk_token"),
      ("\"a b\"", "\"b a\"", "outside the vocabulary"),
      ("\"a b\"", "\"a  b\"", "merge 0"),
      ("\"a b\"", "7", "merge 0"),
      ("\"ab\":2", "\"ab\":1", "share the id 1"),
      ("\"ab\":2", "\"ab\":-2", "no id"),
      ("\"ab\":2", "\"ab\":2.5", "no id"),
      ("\"ab\":2", "\"ab\":99999999999", "no id"),
      ("\"ab\":2", "\"ab\":2,\"ab\":4", "occurs twice"),
      ("\"id\":3", "\"id\":2", "the id 2 of \"ab\""),
      ("\"content\":\"<e>\"", "\"content\":\"a\"", "but 0 in the vocabulary"),
      ("\"content\":\"<e>\"", "\"content\":\"\\ud800\"", "surrogate"),
      ("\"model\"", "\"models\"", "no model"),
      ("\"vocab\"", "\"vocabulary\"", "no vocabulary"),
    ])
  func refusals(old: String, new: String, message: String) throws {
    let error = #expect(throws: LossmithError.self) { try Self.read(old, new) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.code == .malformedInput && error?.location == "tokenizer.json")
  }

  @Test("a word that is one run of 200,000 letters is encoded, not waited for")
  func longWord() throws {
    let tokenizer = try Self.read()
    let text = String(repeating: "ab", count: 100_000)
    #expect(tokenizer.encode(text) == Array(repeating: 2, count: 100_000))
  }

  @Test("the cache starts anew when it is full, and the ids stay the same")
  func fullCache() throws {
    var cache = PieceCache()
    func ids(_ text: String) -> [Int32] {
      var output: [Int32] = []
      var text = text
      text.withUTF8 { piece in
        cache.append(piece, to: &output) { bytes, output in
          output.append(contentsOf: bytes.map(Int32.init))
        }
      }
      return output
    }
    for number in 0..<(PieceCache.capacity + 100) {
      let text = "w\(number)"
      #expect(ids(text) == text.utf8.map(Int32.init))
    }
    #expect(ids("w0") == "w0".utf8.map(Int32.init))
    #expect(ids("w\(PieceCache.capacity)") == "w\(PieceCache.capacity)".utf8.map(Int32.init))
  }

  @Test("encoding from several tasks at once gives the same ids")
  func concurrency() async throws {
    let tokenizer = try Self.read()
    await withTaskGroup(of: [Int32].self) { group in
      for _ in 0..<8 { group.addTask { tokenizer.encode(String(repeating: "ab ba", count: 500)) } }
      let results = await group.reduce(into: Set<[Int32]>()) { $0.insert($1) }
      #expect(results.count == 1)
    }
  }
}

@Suite("Word tokenizer")
struct WordTokenizerTests {
  @Test("words have the ids of their order, after the end and the unknown word")
  func ids() throws {
    let tokenizer = try WordTokenizer.make(words: ["good", "film", ".", "naïve", "2"])
    #expect(tokenizer.vocabularySize == 7)
    #expect(tokenizer.endToken == 0 && tokenizer.padToken == 0)
    #expect(tokenizer.unknownToken == 1)
    #expect(tokenizer.encode("good film. naïve 2 film?") == [2, 3, 4, 5, 6, 3, 1])
    #expect(tokenizer.encode("good<eos>film") == [2, 0, 3])
    #expect(tokenizer.encode(" \n ") == [])
    #expect(tokenizer.decode([2, 3, 4, 0]) == "good film .")
  }

  @Test("any ids of words survive decoding and encoding")
  func roundTrip() throws {
    let tokenizer = try WordTokenizer.make(words: (0..<300).map { "word\($0)" } + [".", ",", "--"])
    var dice = FuzzTests.Dice(state: 5)
    for _ in 0..<200 {
      let ids = (0..<20).map { _ in Int32.random(in: 2..<305, using: &dice) }
      #expect(tokenizer.encode(tokenizer.decode(ids)) == ids)
    }
  }

  @Test(
    "words that would be cut, or that occur twice, are refused",
    arguments: [
      ["a", "a"], ["two words"], ["don't"], ["well-made"], [""], [" "], ["a "], ["<eos>"],
    ])
  func refusals(words: [String]) {
    #expect(throws: LossmithError.self) { try WordTokenizer.make(words: words) }
  }
}
