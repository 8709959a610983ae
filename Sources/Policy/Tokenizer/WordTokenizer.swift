import Losses

/// Tokenizers whose vocabulary is a fixed list of words.
///
/// A text is cut into runs of word characters and runs of other visible characters (Hugging Face's
/// `Whitespace`); each is a token or the unknown token. Decoding puts one blank between words.
public enum WordTokenizer {
  public static let endOfText = "<eos>"
  public static let unknownWord = "<unk>"

  /// Makes the tokenizer of a vocabulary.
  ///
  /// Id 0 is `<eos>`, which is padding, too; id 1 is `<unk>`; the words follow in their order. So
  /// the ids depend on the list alone. Encoding what was decoded gives the same ids, as long as
  /// they are ids of words.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a word that occurs twice or that would be
  ///   cut: one with white space, or one that mixes letters with punctuation.
  public static func make(words: [String]) throws(LossmithError) -> HuggingFaceTokenizer {
    var seen = Set<ExactText>([ExactText(endOfText), ExactText(unknownWord)])
    for word in words {
      guard seen.insert(ExactText(word)).inserted else {
        throw refusal("The word \"\(word)\" occurs twice.")
      }
      guard isOnePiece(word) else {
        throw refusal("\"\(word)\" is not one word.")
      }
    }
    return try HuggingFaceTokenizer(
      Array(json(words: words).utf8), source: "the list of words", endToken: 0, padToken: 0)
  }

  private static func refusal(_ message: String) -> LossmithError {
    LossmithError(
      .malformedInput, message, at: "the list of words",
      remedy: "Give every word once: letters and digits only, or punctuation only.")
  }

  /// Whether the splitter leaves the word as it is.
  private static func isOnePiece(_ word: String) -> Bool {
    var word = word
    var pieces: [Int] = []
    word.withUTF8 { bytes in
      if !bytes.isEmpty { TextSplitter.words.split(bytes) { pieces.append($0.count) } }
    }
    return pieces == [word.utf8.count]
  }

  /// The `tokenizer.json` of a list of words, which `tokenizers` and `transformers` read.
  static func json(words: [String]) -> String {
    let all = [endOfText, unknownWord] + words
    let vocabulary = all.enumerated().map { "\(JSONText.quoted($1)):\($0)" }
    let added = [endOfText, unknownWord].enumerated().map {
      """
      {"id":\($0),"content":\(JSONText.quoted($1)),"single_word":false,"lstrip":false,\
      "rstrip":false,"normalized":false,"special":true}
      """
    }
    return """
      {"version":"1.0","truncation":null,"padding":null,\
      "added_tokens":[\(added.joined(separator: ","))],"normalizer":null,\
      "pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,\
      "model":{"type":"WordLevel","vocab":{\(vocabulary.joined(separator: ","))},\
      "unk_token":"\(unknownWord)"}}
      """
  }
}
