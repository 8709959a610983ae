import Foundation
import Losses

/// A `tokenizer.bin` of llama2.c as a Hugging Face tokenizer.
///
/// The file is a SentencePiece vocabulary of byte pairs: the length of the longest piece, then a score, a
/// length and the bytes of each piece; little-endian. Pieces 0, 1 and 2 are the unknown token, the start
/// and the end of a text, then come 256 bytes `<0x00>`…, then what the merges give.
///
/// llama2.c joins the two neighbours whose piece has the highest score, the leftmost of equals, until
/// there are none. The merges say the same: each way to cut a piece in two, the higher scores first.
public enum LlamaCTokenizer {
  static let roles = ["<unk>", "<s>", "</s>"]
  /// What every text starts with.
  public static let startToken: Int32 = 1
  private static let lowLine = "\u{2581}"
  private static let longestPiece = 1 << 10

  /// Reads a file.
  ///
  /// The start token ends a text, too: the models that come with llama2.c write one between stories, and
  /// its program stops there.
  ///
  /// - Parameter count: the model's vocabulary; the file does not say how many pieces it has.
  /// - Throws: `LossmithError`: `missing-file`, or `malformed-input` for a file that is cut short or has
  ///   bytes left over, a piece that is not UTF-8 or occurs twice, a score that is not finite.
  public static func read(
    _ url: URL, count: Int
  ) throws(LossmithError) -> HuggingFaceTokenizer {
    let pieces = try pieces(url, count: count)
    return try HuggingFaceTokenizer(
      Array(json(pieces).utf8), source: url.path, endToken: startToken)
  }

  struct Piece {
    var text: String
    var score: Float
  }

  private static func pieces(_ url: URL, count: Int) throws(LossmithError) -> [Piece] {
    func malformed(_ message: String) -> LossmithError {
      LossmithError(
        .malformedInput, message, at: url.path,
        remedy: "Give the tokenizer.bin that belongs to the checkpoint.")
    }
    let bytes = try PlainFile(path: url.path).readAll(
      limit: HuggingFaceTokenizer.largestFile, path: url.path)
    var position = 4
    func word(_ start: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
    var pieces: [Piece] = []
    var seen = Set<ExactText>()
    for index in 0..<count {
      guard position + 8 <= bytes.count else {
        throw malformed("The file ends at piece \(index); the model has \(count).")
      }
      let score = Float(bitPattern: word(position))
      let length = Int(Int32(bitPattern: word(position + 4)))
      position += 8
      guard score.isFinite else { throw malformed("The score of piece \(index) is \(score).") }
      guard (0...longestPiece).contains(length) else {
        throw malformed("Piece \(index) claims \(length) bytes; 0 to \(longestPiece) are possible.")
      }
      guard position + length <= bytes.count else {
        throw malformed("The file ends in piece \(index); the model has \(count).")
      }
      guard
        let text = String(validating: bytes[position..<(position + length)], as: UTF8.self)
      else { throw malformed("Piece \(index) is not UTF-8.") }
      position += length
      let name =
        index < roles.count ? roles[index] : text.replacing(" ", with: lowLine)
      guard seen.insert(ExactText(name)).inserted else {
        throw malformed("Piece \(index), \"\(JSONReader.shortened(name))\", occurs twice.")
      }
      pieces.append(Piece(text: name, score: score))
    }
    guard pieces.count >= roles.count else {
      throw malformed("There are \(pieces.count) pieces; the first \(roles.count) have roles.")
    }
    guard position == bytes.count else {
      throw malformed(
        "There are \(bytes.count - position) bytes behind the model's \(count) pieces.")
    }
    return pieces
  }

  /// The `tokenizer.json` of pieces, which `tokenizers` and `transformers` read.
  static func json(_ pieces: [Piece]) -> String {
    let vocabulary = pieces.enumerated().map { "\(JSONText.quoted($1.text)):\($0)" }
    let merges = merges(pieces).map { "[\(JSONText.quoted($0)),\(JSONText.quoted($1))]" }
    let added = roles.enumerated().map {
      """
      {"id":\($0),"content":"\($1)","single_word":false,"lstrip":false,"rstrip":false,\
      "normalized":false,"special":true}
      """
    }
    return """
      {"version":"1.0","truncation":null,"padding":null,\
      "added_tokens":[\(added.joined(separator: ","))],\
      "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\(lowLine)"},\
      {"type":"Replace","pattern":{"String":" "},"content":"\(lowLine)"}]},\
      "pre_tokenizer":null,\
      "post_processor":{"type":"TemplateProcessing",\
      "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],\
      "pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},\
      {"SpecialToken":{"id":"<s>","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],\
      "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},\
      "decoder":{"type":"Sequence","decoders":[\
      {"type":"Replace","pattern":{"String":"\(lowLine)"},"content":" "},{"type":"ByteFallback"},\
      {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},\
      "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,\
      "end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,\
      "vocab":{\(vocabulary.joined(separator: ","))},"merges":[\(merges.joined(separator: ","))]}}
      """
  }

  private static func merges(_ pieces: [Piece]) -> [(String, String)] {
    let known = Set(pieces.dropFirst(roles.count).map { ExactText($0.text) })
    var ranked: [(score: Float, order: Int, left: String, right: String)] = []
    for piece in pieces.dropFirst(roles.count) {
      let scalars = Array(piece.text.unicodeScalars)
      for cut in scalars.indices.dropFirst() {
        var (left, right) = ("", "")
        left.unicodeScalars.append(contentsOf: scalars[..<cut])
        right.unicodeScalars.append(contentsOf: scalars[cut...])
        guard known.contains(ExactText(left)), known.contains(ExactText(right)) else { continue }
        ranked.append((piece.score, ranked.count, left, right))
      }
    }
    ranked.sort { ($1.score, $0.order) < ($0.score, $1.order) }
    return ranked.map { ($0.left, $0.right) }
  }
}
