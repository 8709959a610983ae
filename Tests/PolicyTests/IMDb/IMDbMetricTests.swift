import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Film reviews: the metric of the command line")
struct IMDbMetricTests {
  /// The files of the task in small: a policy of a few hundred parameters and reviews of few words.
  private func write(to folder: URL) throws {
    let words = ["the", "film", "plot", "actor", "scene", "it", "was", "and", "music", "end"]
    let telling = ["dull", "awful", "bad", "lovely", "great", "fine"]
    let tokenizer = try WordTokenizer.make(words: words + telling)
    try ModelFolder(
      parameters: .initial(
        TransformerConfiguration(
          vocabularySize: tokenizer.vocabularySize, contextLength: 48, width: 4, layers: 1,
          heads: 1), seed: 1), tokenizer: tokenizer, startToken: tokenizer.endToken
    ).save(to: folder.appending(path: IMDbFiles.model))
    for (name, seed) in [(IMDbFiles.reviews, 1), (IMDbFiles.heldOutReviews, 2)]
      as [(String, UInt64)]
    {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try SentimentCacheTests.write(SentimentClassifierTests.corpus(300, seed: seed), to: file)
    }
  }

  @Test("accuracy gets its held-out pairs, frontier its grid, and reward stays as it was")
  func metrics() throws {
    try TestFiles.withFolder { folder in
      try write(to: folder)
      func task(_ metric: String?) throws -> any TrainingTask {
        try TaskCatalogue.task("imdb:\(folder.path)", metric: metric)
      }
      let accuracy = try #require(try task("accuracy") as? LanguageTask)
      #expect(accuracy.etaMetric == "accuracy")
      #expect(accuracy.definition.heldOutPairs.count == 256)
      #expect(accuracy.reference.metrics["accuracy"] == 0.5)
      #expect(try task("frontier") is FrontierTask)
      let plain = try #require(try task(nil) as? LanguageTask)
      #expect(plain.etaMetric == "reward" && plain.definition.heldOutPairs.isEmpty)
    }
  }
}
