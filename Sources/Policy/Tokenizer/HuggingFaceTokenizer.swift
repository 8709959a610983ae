import Foundation
import Losses
import Synchronization

/// A tokenizer as a Hugging Face `tokenizer.json` describes it.
///
/// Byte-level byte-pair encodings (the GPT-2 family), scalar-level ones with byte fallback
/// (Llama's) and word lists. Its ids are those of Python's `tokenizers`; what it does not know it refuses by
/// name when it is made, so that no text is ever encoded wrongly in silence.
///
/// The file's `truncation` and `padding` are not followed: lengths are the caller's business.
public final class HuggingFaceTokenizer: Tokenizer {
  enum Model: Sendable {
    case bytePair(BytePairModel)
    case words(WordModel)

    func encode(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
      switch self {
      case .bytePair(let model): model.encode(piece, into: &output)
      case .words(let model): model.encode(piece, into: &output)
      }
    }
  }

  /// What `tokenizer.json` says.
  struct Parts: Sendable {
    var model: Model
    var tokens: [Int32: String]
    var added: [AddedToken] = []
    var normalizer: TextNormalizer?
    var splitter = TextSplitter.none
    var decoder = TokenDecoder.blanks
    /// What the post-processor puts before and after a text.
    var start: [Int32] = []
    var end: [Int32] = []
  }

  /// The bytes of `tokenizer.json`, to be handed on as they are.
  public let json: Data
  public let vocabularySize: Int
  public let endToken: Int32?
  public let padToken: Int32?

  private let parts: Parts
  private let plainMatcher: AddedTokenMatcher
  private let normalizedMatcher: AddedTokenMatcher
  private let special: Set<Int32>
  private let cache = Mutex(PieceCache())

  init(_ parts: Parts, json: Data, endToken: Int32?, padToken: Int32?) {
    self.parts = parts
    self.json = json
    self.endToken = endToken
    self.padToken = padToken
    vocabularySize = Int(parts.tokens.keys.max() ?? -1) + 1
    special = Set(parts.added.filter(\.special).map(\.id))
    // Special tokens go first, as in `tokenizers`: the first of two equal patterns wins.
    let ordered = parts.added.filter(\.special) + parts.added.filter { !$0.special }
    plainMatcher = AddedTokenMatcher(ordered.filter { !$0.normalized }) { Array($0.content.utf8) }
    normalizedMatcher = AddedTokenMatcher(ordered.filter(\.normalized)) {
      let bytes = Array($0.content.utf8)
      return parts.normalizer?.apply(bytes, at: .inside) ?? bytes
    }
  }

  /// What stands for text that the vocabulary lacks; nil when everything can be written.
  public var unknownToken: Int32? {
    switch parts.model {
    case .bytePair(let model): model.unknown
    case .words(let model): model.unknown
    }
  }

  /// The token's text as the vocabulary has it; nil for an id that it does not have.
  public func token(_ id: Int32) -> String? { parts.tokens[id] }

  /// The id of a token by its text in the vocabulary.
  public func id(of token: String) -> Int32? {
    if let added = parts.added.first(where: { $0.content.utf8.elementsEqual(token.utf8) }) {
      return added.id
    }
    switch parts.model {
    case .bytePair(let model): return model.vocabulary[ExactText(token)]
    case .words(let model): return model.vocabulary[ExactText(token)]
    }
  }

  public func encode(_ text: String) -> [Int32] { encode(text, addingSpecialTokens: false) }

  /// The ids of a text.
  ///
  /// - Parameter addingSpecialTokens: whether the post-processor's start and end tokens go around
  ///   them, as Python's `encode` does unless told otherwise.
  public func encode(_ text: String, addingSpecialTokens: Bool) -> [Int32] {
    (addingSpecialTokens ? parts.start : []) + encode(text, at: .beginning)
      + (addingSpecialTokens ? parts.end : [])
  }

  public func encode(continuation text: String) -> [Int32] { encode(text, at: .continuation) }

  private func encode(_ text: String, at place: TextPlace) -> [Int32] {
    var output: [Int32] = []
    var text = text
    text.withUTF8 { bytes in
      // A second caller at the same time does without the cache and does not wait.
      let cached: Void? = cache.withLockIfAvailable { cache in
        encode(bytes, at: place) { piece in
          cache.append(piece, to: &output) { parts.model.encode($0, into: &$1) }
        } token: {
          output.append($0)
        }
      }
      if cached == nil {
        encode(bytes, at: place) {
          parts.model.encode($0, into: &output)
        } token: {
          output.append($0)
        }
      }
    }
    return output
  }

  /// Cuts a text into added tokens and pieces, in order.
  private func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: TextPlace,
    piece: (UnsafeBufferPointer<UInt8>) -> Void, token: (Int32) -> Void
  ) {
    plainMatcher.split(bytes) { range, added in
      if let added { return token(added.id) }
      let place = range.lowerBound == 0 ? place : .inside
      let stretch = UnsafeBufferPointer(rebasing: bytes[range])
      guard let normalizer = parts.normalizer else {
        return encodeNormalized(stretch, at: place, piece: piece, token: token)
      }
      normalizer.apply(Array(stretch), at: place).withUnsafeBufferPointer {
        encodeNormalized($0, at: place, piece: piece, token: token)
      }
    }
  }

  private func encodeNormalized(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: TextPlace,
    piece: (UnsafeBufferPointer<UInt8>) -> Void, token: (Int32) -> Void
  ) {
    normalizedMatcher.split(bytes) { range, added in
      if let added { return token(added.id) }
      parts.splitter.split(
        UnsafeBufferPointer(rebasing: bytes[range]), at: range.lowerBound == 0 ? place : .inside,
        piece)
    }
  }

  public func decode(_ ids: [Int32]) -> String { decode(ids, skippingSpecialTokens: true) }

  /// What a completion adds to the text of its prompt.
  ///
  /// That is not always the completion's own text: tokenizers of the Llama family leave the first blank
  /// of a text out.
  public func decode(_ completion: [Int32], after prompt: [Int32]) -> String {
    let (head, whole) = (Array(decode(prompt).utf8), Array(decode(prompt + completion).utf8))
    guard whole.starts(with: head) else { return decode(completion) }
    return String(decoding: whole[head.count...], as: UTF8.self)
  }

  /// The text of ids, as Python's `decode`.
  public func decode(_ ids: [Int32], skippingSpecialTokens: Bool) -> String {
    parts.decoder.decode(
      ids.compactMap { id in
        skippingSpecialTokens && special.contains(id) ? nil : parts.tokens[id]
      })
  }
}
