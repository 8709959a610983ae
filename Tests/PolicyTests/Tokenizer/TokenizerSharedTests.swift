import Foundation
import Losses
import Testing

@testable import Policy

/// The tokenizers and texts of the shared data sets, compared by digest with Python's `tokenizers`.
@Suite("Tokenizers of real models")
struct TokenizerSharedTests {
  static let names = ["imdb-gpt", "gpt2", "tinystories656K"]

  static func tokenizer(_ name: String, _ shared: URL) throws -> HuggingFaceTokenizer {
    switch name {
    case "gpt2":
      try HuggingFaceTokenizer.gpt2(
        vocabulary: shared.appending(path: "data/gpt2_bpe/encoder.json"),
        merges: shared.appending(path: "data/gpt2_bpe/vocab.bpe"))
    case "imdb-gpt":
      try HuggingFaceTokenizer(shared.appending(path: "models/imdb-gpt/tokenizer.json"))
    default: try HuggingFaceTokenizer(shared.appending(path: "data/\(name)/tokenizer.json"))
    }
  }

  /// Read once for all tests.
  static let corpora = Result { try TestFiles.shared.map(readCorpora) ?? [:] }

  /// 1,000 reviews, 1,000 lines of stories, the texts of the golden logits, odd Unicode.
  static func readCorpora(_ shared: URL) throws -> [String: [String]] {
    let reviews = try ReviewsCorpus.read(
      shared.appending(path: "data/imdb/imdb_train.jsonl.gz"), lineBreaks: .kept)
    var stories: [String] = []
    let lines = try LineReader(
      path: shared.appending(path: "data/tinystories_text/tinystories_sample_2M.txt").path)
    while stories.count < 1000, let line = try lines.next() {
      stories.append(String(decoding: line.bytes, as: UTF8.self))
    }
    return [
      "reviews": reviews.enumerated().filter { $0.offset % 25 == 0 }.map(\.element.text),
      "stories": stories,
      "cases": try goldenCases(shared).map(\.text),
      "odd": try #require(TokenizerGoldenTests.load().first).texts,
    ]
  }

  static func goldenCases(_ shared: URL) throws -> [(text: String, ids: [Int32])] {
    let data = try Data(contentsOf: shared.appending(path: "golden/imdb-gpt-logits.json"))
    let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(document["cases"] as? [[String: Any]]).map {
      (
        try #require($0["text"] as? String),
        try #require($0["token_ids"] as? [Int]).map(Int32.init)
      )
    }
  }

  @Test("give the ids of Python's tokenizers", arguments: names)
  func digests(name: String) throws {
    guard let shared = TestFiles.shared else { return }
    let tokenizer = try Self.tokenizer(name, shared)
    let all = try #require(try TokenDigest.expected()["shared"] as? [String: [String: [String]]])
    let expected = try #require(all[name])
    for (corpus, texts) in try Self.corpora.get() {
      #expect(TokenDigest.blocks(of: texts, tokenizer) == expected[corpus], "\(corpus)")
    }
  }

  @Test("give the ids beside the golden logits, after the start token")
  func goldenLogits() throws {
    guard let shared = TestFiles.shared else { return }
    let tokenizer = try Self.tokenizer("imdb-gpt", shared)
    let cases = try Self.goldenCases(shared)
    #expect(!cases.isEmpty)
    for (text, ids) in cases {
      #expect([0] + tokenizer.encode(text) == ids)
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test("write back what they read, byte for byte")
  func roundTrip() throws {
    guard let shared = TestFiles.shared else { return }
    let texts = try Self.corpora.get()
    for name in ["imdb-gpt", "gpt2"] {
      let tokenizer = try Self.tokenizer(name, shared)
      for text in texts.values.joined() {
        let ids = tokenizer.encode(text)
        let back = tokenizer.decode(ids, skippingSpecialTokens: false)
        #expect(back.utf8.elementsEqual(text.utf8))
      }
    }
  }
}
