import Foundation
import Losses

/// Prompts from real reviews: their first tokens, behind the model's start token.
enum ReviewPrompts {
  /// Reads a file of labelled reviews and takes the beginnings of some of them.
  ///
  /// Which ones, and their order, hangs on the purpose alone; reviews that are too short are passed
  /// over, and so are beginnings that came before.
  ///
  /// - Parameters:
  ///   - tokens: of a prompt, the start token not counted.
  ///   - count: at most so many; nil for all.
  /// - Throws: what ``ReviewsCorpus`` throws; `LossmithError` (`malformed-input`) when there are fewer
  ///   beginnings than asked for, or none.
  static func read(
    _ url: URL, policy: ModelFolder, tokenizer: any Tokenizer, tokens: Int, count: Int?,
    purpose: String
  ) throws(LossmithError) -> [[Int32]] {
    let reviews = try ReviewsCorpus.read(url)
    var stream = RandomStream(seed: 0, purpose: purpose)
    var prompts: [[Int32]] = []
    var known: Set<[Int32]> = []
    for index in stream.permutation(reviews.count) {
      if let count, prompts.count == count { break }
      guard let start = beginning(of: reviews[index].text, tokenizer, tokens) else { continue }
      let prompt = (policy.startToken.map { [$0] } ?? []) + start
      if known.insert(prompt).inserted { prompts.append(prompt) }
    }
    guard !prompts.isEmpty, prompts.count >= count ?? 1 else {
      throw LossmithError(
        .malformedInput,
        "Only \(prompts.count) different beginnings of \(tokens) tokens are in the file; "
          + "\(count ?? 1) are needed.", at: url.path,
        remedy: "Lower evaluation.prompts or data.prompt_tokens, or name a larger file.")
    }
    return prompts
  }

  /// Nil for a text with fewer tokens.
  private static func beginning(
    of text: String, _ tokenizer: any Tokenizer, _ tokens: Int
  ) -> [Int32]? {
    // Words are encoded apart from each other, so the first tokens do not need the whole text.
    var ids = tokenizer.encode(String(text.unicodeScalars.prefix(64 + 16 * tokens)))
    if ids.count < 2 * tokens { ids = tokenizer.encode(text) }
    return ids.count < tokens ? nil : Array(ids.prefix(tokens))
  }
}
