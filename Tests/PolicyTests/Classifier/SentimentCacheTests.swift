import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Sentiment classifier on disk")
struct SentimentCacheTests {
  static let options = SentimentClassifier.Options(bits: 10)

  static func write(_ texts: [LabelledText], to url: URL) throws {
    let lines = texts.map { "{\"text\":\"\($0.text)\",\"label\":\($0.label)}\n" }
    try Data(lines.joined().utf8).write(to: url)
  }

  /// Every file in the folder.
  static func entries(_ folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.map { folder.appending(path: $0) }
  }

  @Test("a fit is kept, found again, and made anew when its file is damaged")
  func cache() throws {
    try TestFiles.withFolder { folder in
      let corpus = folder.appending(path: "corpus.jsonl")
      let cache = folder.appending(path: "cache/deep")
      try Self.write(SentimentClassifierTests.corpus(100, seed: 1), to: corpus)
      var fits = 0
      func fitted() throws -> SentimentClassifier {
        try SentimentClassifier.fitted(to: corpus, options: Self.options, cache: cache) { _ in
          fits += 1
        }
      }
      let first = try fitted()
      #expect(try fitted() == first)
      #expect(fits == 1)
      let entry = try #require(Self.entries(cache).first)
      let whole = try Data(contentsOf: entry)
      for damage in ["bit", "cut", "empty"] {
        var bytes = whole
        switch damage {
        case "bit": bytes[bytes.count / 2] ^= 1
        case "cut": bytes.removeLast()
        default: bytes = Data()
        }
        try bytes.write(to: entry)
        fits = 0
        #expect(try fitted() == first, "\(damage)")
        #expect(fits == 1, "\(damage)")
        #expect(try Data(contentsOf: entry) == whole, "\(damage)")
      }
      try Self.write(SentimentClassifierTests.corpus(102, seed: 1), to: corpus)
      #expect(try fitted() != first)
      #expect(Self.entries(cache).count == 2)
    }
  }

  @Test("a cache that cannot be written is no error")
  func unwritable() throws {
    try TestFiles.withFolder { folder in
      let corpus = folder.appending(path: "corpus.jsonl")
      try Self.write(SentimentClassifierTests.corpus(20, seed: 1), to: corpus)
      // A file stands where the folder should be.
      let classifier = try SentimentClassifier.fitted(
        to: corpus, options: Self.options, cache: corpus)
      #expect(
        try SentimentClassifier.fitted(to: corpus, options: Self.options, cache: nil) == classifier)
    }
  }

  @Test("a missing corpus is an error of usage")
  func missing() {
    let error = #expect(throws: LossmithError.self) {
      try SentimentClassifier.fitted(to: URL(filePath: "/nowhere/reviews.jsonl"), cache: nil)
    }
    #expect(error?.code == .missingFile)
    #expect(error?.code.exitCode == .usage)
  }

  @Test("25,000 film reviews: at least 0.90 of the test reviews are classified rightly")
  func realReviews() throws {
    guard let shared = TestFiles.shared else { return }
    let folder = shared.appending(path: "data/imdb")
    let classifier = try SentimentClassifier.fitted(
      to: folder.appending(path: "imdb_train.jsonl.gz"), cache: nil)
    let test = try ReviewsCorpus.read(folder.appending(path: "imdb_test.jsonl.gz"))
    #expect(classifier.accuracy(on: test) >= 0.90)
  }
}
