import Foundation
import Losses

extension SentimentClassifier {
  /// The classifier of a file of labelled reviews: from the cache, or fitted and put there.
  ///
  /// The name in the cache is made of the file's content and of the options, so another corpus, or
  /// an edited one, never meets an old fit. An entry that is damaged is fitted anew. A cache that
  /// cannot be written costs the next call its time and is no error.
  ///
  /// - Parameters:
  ///   - corpus: JSON lines with `text` and `label`, plain or gzip; see ``ReviewsCorpus``.
  ///   - cache: a folder, made when it is not there; nil to fit in any case.
  ///   - progress: told, in a sentence, when a fit begins.
  /// - Throws: `LossmithError` for a corpus that cannot be read or fitted to.
  public static func fitted(
    to corpus: URL, options: Options = Options(), cache: URL?,
    progress: (String) -> Void = { _ in }
  ) throws(LossmithError) -> SentimentClassifier {
    let content = try PlainFile(path: corpus.path, chunk: 1 << 20)
      .readAll(limit: 1 << 30, path: corpus.path)
    var key = ContentDigest("sentiment classifier/1")
    key.add(SHA256.hexadecimal(SHA256.digest(of: content)))
    key.add([Double(options.bits), options.cost, Double(options.passes)])
    let entry = cache?.appending(path: "sentiment-\(key.hexadecimal.prefix(32)).bin")
    if let entry,
      let bytes = try? PlainFile(path: entry.path, chunk: 1 << 20)
        .readAll(limit: 128 << 20, path: entry.path),
      let classifier = SentimentClassifier(encoded: bytes)
    {
      return classifier
    }
    progress("Fitting the sentiment classifier to \(corpus.lastPathComponent).")
    let classifier = try fit(try ReviewsCorpus.read(corpus), options: options)
    if let entry, let cache {
      try? FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
      try? AtomicFile.write(classifier.encoded, to: entry.path)
    }
    return classifier
  }
}
