import Foundation
import Losses

/// How likely a film review is positive.
///
/// Logistic regression on the presence of words and pairs of words, each weighed by how much more
/// often it occurs in positive training texts than in negative ones (NBSVM: Wang and Manning,
/// "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL 2012). Fitted to
/// the 25,000 training reviews of Maas et al. (ACL 2011) it is right on nine of ten test reviews.
/// It is no judge of language: a list of praise is a positive review to it.
public struct SentimentClassifier: Sendable, Hashable {
  /// What a fit depends on besides the texts.
  public struct Options: Hashable, Sendable {
    /// Features are hashed to 2^bits buckets, 8 … 24.
    public var bits: Int
    /// C, the weight of the data against the regularisation; above 0. The default was chosen on a
    /// fifth of the training reviews, held out of the fit.
    public var cost: Double
    /// Passes over the texts, at most.
    public var passes: Int

    public init(bits: Int = 20, cost: Double = 0.3, passes: Int = 10) {
      self.bits = bits
      self.cost = cost
      self.passes = passes
    }
  }

  let features: Int
  /// What the presence of each bucket's feature adds to the log-odds.
  let weights: [Float]
  let intercept: Double

  init(bits: Int, weights: [Float], intercept: Double) {
    features = bits
    self.weights = weights
    self.intercept = intercept
  }

  /// P(positive), in [0, 1]; any text has one, the empty text too.
  public func probability(of text: String) -> Double {
    1 / (1 + exp(-logOdds(of: text)))
  }

  /// log P(positive) − log P(negative); finite.
  public func logOdds(of text: String) -> Double {
    var seen: Set<UInt32> = []
    var sum = intercept
    SentimentFeatures(bits: features).forEach(of: text) { bucket in
      if seen.insert(bucket).inserted { sum += Double(weights[Int(bucket)]) }
    }
    return sum
  }

  /// The share of texts whose label (0 or 1) is the likelier one.
  public func accuracy(on texts: some Collection<LabelledText>) -> Double {
    let right = texts.count { ($0.label == 1) == (logOdds(of: $0.text) > 0) }
    return Double(right) / Double(max(texts.count, 1))
  }
}

// MARK: - Fitting

extension SentimentClassifier {
  /// Fits to texts with label 0 (negative) or 1 (positive).
  ///
  /// The same texts in the same order give the same bits.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) when a label is neither or one of them is missing.
  public static func fit(
    _ texts: [LabelledText], options: Options = Options()
  ) throws(LossmithError) -> SentimentClassifier {
    precondition((8...24).contains(options.bits), "features are hashed to 8 to 24 bits")
    precondition(options.cost > 0 && options.passes > 0, "a fit needs a cost and a pass")
    for label in [0, 1] where !texts.contains(where: { $0.label == label }) {
      throw LossmithError(
        .malformedInput, "No text has the label \(label).",
        remedy: "A classifier needs negative texts (label 0) and positive ones (label 1).")
    }
    if let strange = texts.first(where: { $0.label > 1 }) {
      throw LossmithError(
        .malformedInput, "A text has the label \(strange.label).",
        remedy: "Labels are 0 (negative) and 1 (positive).")
    }
    let (columns, starts) = presence(in: texts, bits: options.bits)
    let problem = DualLogisticRegression(
      columns: columns, starts: starts,
      scale: logCountRatios(columns, starts, texts, buckets: 1 << options.bits), bias: 1,
      signs: texts.map { $0.label == 1 ? 1 : -1 }, cost: options.cost)
    let (weights, intercept) = problem.solve(passes: options.passes)
    return SentimentClassifier(bits: options.bits, weights: weights, intercept: intercept)
  }

  /// The distinct buckets of every text, one text after the other.
  private static func presence(
    in texts: [LabelledText], bits: Int
  ) -> (columns: [UInt32], starts: [Int]) {
    let features = SentimentFeatures(bits: bits)
    // The last text, counted from 1, in which a bucket was seen.
    var stamp = [UInt32](repeating: 0, count: features.buckets)
    var columns: [UInt32] = []
    var starts = [0]
    stamp.withUnsafeMutableBufferPointer { stamp in
      for (row, text) in texts.enumerated() {
        let mark = UInt32(row + 1)
        features.forEach(of: text.text) { bucket in
          if stamp[Int(bucket)] != mark {
            stamp[Int(bucket)] = mark
            columns.append(bucket)
          }
        }
        starts.append(columns.count)
      }
    }
    return (columns, starts)
  }

  /// r = log((p + 1)/Σ(p + 1)) − log((q + 1)/Σ(q + 1)), with p and q the numbers of positive and
  /// negative texts that have a feature.
  private static func logCountRatios(
    _ columns: [UInt32], _ starts: [Int], _ texts: [LabelledText], buckets: Int
  ) -> [Float] {
    var counts = [[Float](repeating: 1, count: buckets), [Float](repeating: 1, count: buckets)]
    for (row, text) in texts.enumerated() {
      counts[text.label].withUnsafeMutableBufferPointer { counts in
        for index in starts[row]..<starts[row + 1] { counts[Int(columns[index])] += 1 }
      }
    }
    let totals = counts.map { $0.reduce(0.0) { $0 + Double($1) } }
    let offset = Float(log(totals[0] / totals[1]))
    return zip(counts[1], counts[0]).map { log($0 / $1) + offset }
  }
}
