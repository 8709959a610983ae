import Foundation
import Losses
import Testing

@testable import Policy

/// Mutations of small valid files: every case must end in a value or in an error.
///
/// The cases depend on nothing but their number. A crash ends the test process, so that getting to
/// the end is what is tested; the counts of both outcomes show that the cases reach past the first
/// check.
@Suite("Mutated files")
struct FuzzTests {
  /// SplitMix64, so that a case is the same everywhere.
  struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  static let snippets = [
    "\"", "{", "}", "[", "]", ":", ",", "-", "0", "1", "9223372036854775807", "1e400", "-1", "4096",
    "99999999999999999999", "null", "true", "\\u0000", "\\ud800", "\\", "\"\"", "[]", "{}", "\u{0}",
    "\u{FEFF}", "é", "F16", "BF16", "I64", "\"vocab\":{}", "\"type\":\"Sequence\"", "0.5",
  ].map { Array($0.utf8) }

  /// One to four edits: bytes changed, cut, repeated, moved, or replaced by JSON's own pieces.
  static func mutated(_ seed: [UInt8], _ number: Int) -> [UInt8] {
    var dice = Dice(state: UInt64(number))
    var bytes = seed
    for _ in 0...Int.random(in: 0..<4, using: &dice) {
      guard !bytes.isEmpty else { break }
      let place = Int.random(in: 0..<bytes.count, using: &dice)
      let length = min(Int.random(in: 1...24, using: &dice), bytes.count - place)
      switch Int.random(in: 0..<7, using: &dice) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &dice)
      case 2: bytes.removeSubrange(place..<(place + length))
      case 3: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
      case 4: bytes.insert(contentsOf: snippets.randomElement(using: &dice)!, at: place)
      case 5:
        bytes.replaceSubrange(
          place..<(place + length), with: snippets.randomElement(using: &dice)!)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }

  static let safetensors: [UInt8] = {
    let header = """
      {"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,2],\
      "data_offsets":[0,16]},\
      "b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},\
      "c":{"dtype":"F16","shape":[1,0],"data_offsets":[22,22]}}
      """
    return SafetensorsTests.file(header, data: 22)
  }()

  /// The header is what is mutated; half of the cases get the length that fits it.
  @Test("60,000 safetensors files")
  func safetensorsFiles() throws {
    var (read, refused) = (0, 0)
    for number in 0..<60_000 {
      var bytes = Self.mutated(Self.safetensors, number)
      if number.isMultiple(of: 2), bytes.count >= 30 {
        let length = UInt64(bytes.count - 30).littleEndian
        bytes.replaceSubrange(0..<8, with: withUnsafeBytes(of: length) { Array($0) })
      }
      let outcome = bytes.withUnsafeBytes { file in
        Result { () throws(LossmithError) in
          let header = try SafetensorsHeader(file, path: "case")
          for tensor in header.tensors {
            let bytes = UnsafeRawBufferPointer(rebasing: file[tensor.range])
            var target = [Float](repeating: 0, count: tensor.count)
            target.withUnsafeMutableBufferPointer { tensor.element.convert(bytes, to: $0) }
          }
        }
      }
      switch outcome {
      case .success: read += 1
      case .failure(let error):
        refused += 1
        #expect(error.code == .malformedInput)
      }
    }
    #expect(read > 500)
    #expect(refused > 30_000)
  }

  static let tokenizers: [[UInt8]] = [
    """
    {"version":"1.0","added_tokens":[{"id":5,"content":"<e>","single_word":false,"lstrip":true,\
    "rstrip":true,"normalized":false,"special":true}],"normalizer":null,"pre_tokenizer":\
    {"type":"ByteLevel","add_prefix_space":true,"use_regex":true},"post_processor":\
    {"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","unk_token":null,\
    "fuse_unk":false,"ignore_merges":true,"vocab":{"a":0,"b":1,"Ġ":2,"ab":3,"Ġa":4},\
    "merges":["a b",["Ġ","a"]]}}
    """,
    """
    {"added_tokens":[{"id":0,"content":"<u>","single_word":true,"normalized":true,"special":true}],\
    "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"_"},{"type":\
    "Replace","pattern":{"String":" "},"content":"_"}]},"pre_tokenizer":null,"post_processor":\
    {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<u>"}},{"Sequence":{"id":"A"}}],\
    "special_tokens":{"<u>":{"id":"<u>","ids":[0]}}},"decoder":{"type":"Sequence","decoders":\
    [{"type":"Replace","pattern":{"String":"_"},"content":" "},{"type":"ByteFallback"},{"type":\
    "Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"BPE","unk_token":\
    "<u>","fuse_unk":true,"byte_fallback":true,"vocab":{"<u>":0,"_":1,"a":2,"_a":3},\
    "merges":["_ a"]}}
    """,
    WordTokenizer.json(words: ["good", "bad", ".", "naïve"]),
    """
    {"added_tokens":[{"id":0,"content":"<u>","normalized":false,"special":true}],"normalizer":null,\
    "pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"first","split":true},\
    "decoder":{"type":"Metaspace","replacement":"_","prepend_scheme":"first"},"model":{"type":\
    "BPE","unk_token":"<u>","vocab":{"<u>":0,"_":1,"a":2,"_a":3},"merges":[["_","a"]]}}
    """,
  ].map { Array($0.utf8) }

  @Test("60,000 tokenizers, encoding and decoding with those that can be read")
  func tokenizerFiles() throws {
    let texts = ["", "a ab  <e> a<u>b", " é\u{301}🎬 good, bad.\n"]
    var (read, refused) = (0, 0)
    for number in 0..<60_000 {
      let bytes = Self.mutated(Self.tokenizers[number % 4], number)
      do throws(LossmithError) {
        let tokenizer = try HuggingFaceTokenizer(bytes, source: "case")
        read += 1
        for text in texts {
          let ids = tokenizer.encode(text, addingSpecialTokens: true)
          #expect(ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize })
          _ = tokenizer.decode(ids)
        }
        _ = tokenizer.decode([0, 7, -1, .max])
      } catch {
        refused += 1
        #expect(error.code == .malformedInput)
      }
    }
    #expect(read > 2000)
    #expect(refused > 30_000)
  }

  @Test("the unchanged files are read")
  func control() throws {
    let header = try Self.safetensors.withUnsafeBytes { try SafetensorsHeader($0, path: "case") }
    #expect(header.tensors.count == 3)
    for bytes in Self.tokenizers { _ = try HuggingFaceTokenizer(bytes, source: "case") }
  }
}
