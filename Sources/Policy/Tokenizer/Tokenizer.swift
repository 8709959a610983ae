/// Text to token ids and back.
///
/// Ids are places in the vocabulary of a policy, from 0.
public protocol Tokenizer: Sendable {
  /// The ids of a text, without any start or end token of the tokenizer's own. Special tokens that
  /// the text spells out (`<|endoftext|>`) become their ids. An empty text gives no ids.
  func encode(_ text: String) -> [Int32]

  /// The ids of a text that continues another one.
  ///
  /// Tokenizers of the Llama family put a blank in front of a text; not so here.
  func encode(continuation text: String) -> [Int32]

  /// The text of ids, special tokens left out. Ids that the vocabulary does not have give nothing;
  /// bytes that are not UTF-8 give U+FFFD.
  func decode(_ ids: [Int32]) -> String

  /// One more than the largest id.
  var vocabularySize: Int { get }

  /// The id that ends a text; nil when the tokenizer's folder names none.
  var endToken: Int32? { get }

  /// The id that fills up a batch; nil when the tokenizer's folder names none. It may be
  /// ``endToken``, so that no mask may be made from it.
  var padToken: Int32? { get }
}

extension Tokenizer {
  /// As ``encode(_:)``, for tokenizers to which the place of a text makes no difference.
  public func encode(continuation text: String) -> [Int32] { encode(text) }
}
