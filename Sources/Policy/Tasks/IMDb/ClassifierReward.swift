/// The reward of a completion: P(positive) of its text, in [0, 1].
struct ClassifierReward: CompletionReward {
  let classifier: SentimentClassifier
  let tokenizer: HuggingFaceTokenizer
  /// Whether the classifier reads the prompt in front of the completion.
  let readsPrompt: Bool
  let digest: String

  init(_ classifier: SentimentClassifier, tokenizer: HuggingFaceTokenizer, readsPrompt: Bool) {
    self.classifier = classifier
    self.tokenizer = tokenizer
    self.readsPrompt = readsPrompt
    var digest = ContentDigest("classifier reward/1")
    digest.add(classifier.digest)
    digest.add(SHA256.hexadecimal(SHA256.digest(of: Array(tokenizer.json))))
    digest.add(readsPrompt ? "text" : "completion")
    self.digest = digest.hexadecimal
  }

  func scores(prompts: [[Int32]], completions: [[Int32]]) -> [Double] {
    zip(prompts, completions).map { prompt, completion in
      classifier.probability(
        of: tokenizer.decode(readsPrompt ? prompt + completion : completion))
    }
  }
}
