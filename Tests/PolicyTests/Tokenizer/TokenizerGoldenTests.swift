import Foundation
import Losses
import Testing

@testable import Policy

/// Ids of Python's `tokenizers`; `Generators/tokenizer_golden.py` makes the files.
@Suite("Token ids")
struct TokenizerGoldenTests {
  struct Golden {
    var name: String
    var tokenizer: HuggingFaceTokenizer
    var texts: [String]
    var ids: [[Int32]]
    var framed: [Int32]
    var decoding: [(ids: [Int32], text: String, all: String)]
  }

  static func load() throws -> [Golden] {
    let data = try Data(contentsOf: TestFiles.fixture("Tokenizers/golden.json"))
    let list = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    return try list.map { entry in
      let name = try #require(entry["name"] as? String)
      let json = try JSONSerialization.data(withJSONObject: try #require(entry["tokenizer"]))
      return Golden(
        name: name, tokenizer: try HuggingFaceTokenizer(Array(json), source: name),
        texts: try #require(entry["texts"] as? [String]),
        ids: try #require(entry["ids"] as? [[Int]]).map { $0.map(Int32.init) },
        framed: try #require(entry["framed"] as? [Int]).map(Int32.init),
        decoding: try #require(entry["decoding"] as? [[String: Any]]).map {
          (
            try #require($0["ids"] as? [Int]).map(Int32.init),
            try #require($0["text"] as? String), try #require($0["all"] as? String)
          )
        })
    }
  }

  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("are those of Python's tokenizers on odd Unicode, for every kind of tokenizer")
  func encoding() throws {
    let goldens = try Self.load()
    #expect(goldens.count == 11)
    for golden in goldens {
      var wrong = 0
      for (text, ids) in zip(golden.texts, golden.ids) {
        // Twice: the second time from the cache.
        for _ in 0..<2 where golden.tokenizer.encode(text) != ids {
          wrong += 1
          if wrong < 5 {
            Issue.record(
              "\(golden.name): \(text.debugDescription) has other ids than \(ids)"
            )
          }
        }
      }
      #expect(wrong == 0, "\(golden.name)")
      #expect(golden.tokenizer.encode("film", addingSpecialTokens: true) == golden.framed)
    }
  }

  @Test("decode to the text of Python's tokenizers, broken UTF-8 and unknown ids included")
  func decoding() throws {
    for golden in try Self.load() {
      for (ids, text, all) in golden.decoding {
        #expect(
          Self.bytes(golden.tokenizer.decode(ids)) == Self.bytes(text), "\(golden.name) \(ids)")
        #expect(
          Self.bytes(golden.tokenizer.decode(ids, skippingSpecialTokens: false)) == Self.bytes(all),
          "\(golden.name) \(ids)")
      }
    }
  }

  @Test(
    "the text around every Unicode scalar of the planes in use is cut as GPT-2's pattern cuts it")
  func everyScalar() throws {
    let starts =
      Array(stride(from: UInt32(0), to: 0x33000, by: 4096)) + [0xE0000, 0xF0000, 0x10F000]
    let expected = try #require(try TokenDigest.expected()["every scalar"] as? [String])
    #expect(expected.count == starts.count)
    for (start, digest) in zip(starts, expected) {
      var text = (start..<(start + 4096)).compactMap(UnicodeScalar.init)
        .map { "a\($0)1\($0)!\($0) \($0)" }.joined()
      var lengths: [Int32] = []
      text.withUTF8 { GPT2Splitter.split($0) { lengths.append(Int32($0.count)) } }
      #expect(TokenDigest.digest([lengths]) == digest, "from \(String(start, radix: 16))")
    }
  }
}

/// FNV-1a over lists of numbers, as the generator computes it.
enum TokenDigest {
  static func expected() throws -> [String: Any] {
    let data = try Data(contentsOf: TestFiles.fixture("Tokenizers/digests.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// The digest of the ids of each hundred texts.
  static func blocks(of texts: [String], _ tokenizer: any Tokenizer) -> [String] {
    stride(from: 0, to: texts.count, by: 100).map { start in
      digest(texts[start..<min(start + 100, texts.count)].map { tokenizer.encode($0) })
    }
  }

  static func digest(_ lists: [[Int32]]) -> String {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for list in lists {
      for number in list + [-1] {
        var rest = UInt32(bitPattern: number)
        for _ in 0..<4 {
          state = (state ^ UInt64(rest & 0xFF)) &* 0x0000_0100_0000_01B3
          rest >>= 8
        }
      }
    }
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
