import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Sentiment classifier")
struct SentimentClassifierTests {
  /// Reviews of eight words with one or two that tell, the order of words being random.
  static func corpus(_ count: Int, seed: UInt64) -> [LabelledText] {
    var stream = RandomStream(seed: seed, purpose: "test.classifier")
    let neutral = ["the", "film", "plot", "actor", "scene", "it", "was", "and", "music", "end"]
    let telling = [["dull", "awful", "bad"], ["lovely", "great", "fine"]]
    return (0..<count).map { index in
      let label = index % 2
      var words = (0..<7).map { _ in neutral[stream.below(neutral.count)] }
      words.insert(telling[label][stream.below(3)], at: stream.below(8))
      return LabelledText(text: words.joined(separator: " "), label: label)
    }
  }

  static let small = SentimentClassifier.Options(bits: 12)

  @Test("learns which words tell, and knows them in new texts, whatever their case")
  func learns() throws {
    let classifier = try SentimentClassifier.fit(Self.corpus(400, seed: 1), options: Self.small)
    #expect(classifier.accuracy(on: Self.corpus(400, seed: 2)) == 1)
    #expect(classifier.probability(of: "A GREAT film.") > 0.8)
    #expect(classifier.probability(of: "an awful plot") < 0.2)
  }

  @Test("learns negation from pairs of words")
  func pairs() throws {
    let texts = (0..<200).map { index in
      // Single words occur in both classes alike; only the pairs tell.
      let texts = [
        ("not good but bad", 0), ("bad and not good", 0), ("not bad but good", 1),
        ("good and not bad", 1),
      ]
      return LabelledText(text: texts[index % 4].0, label: texts[index % 4].1)
    }
    let classifier = try SentimentClassifier.fit(texts, options: Self.small)
    #expect(classifier.probability(of: "it is not good") < 0.5)
    #expect(classifier.probability(of: "it is not bad") > 0.5)
  }

  @Test("flipped labels turn the answer round")
  func flipped() throws {
    let texts = Self.corpus(400, seed: 1).map { LabelledText(text: $0.text, label: 1 - $0.label) }
    let classifier = try SentimentClassifier.fit(texts, options: Self.small)
    #expect(classifier.accuracy(on: Self.corpus(400, seed: 2)) == 0)
  }

  @Test("any text has a probability between 0 and 1")
  func anyText() throws {
    let classifier = try SentimentClassifier.fit(Self.corpus(400, seed: 1), options: Self.small)
    let texts = [
      "", " \n\t", "!?!?", "\u{0}", "🎬👩🏽‍🚀 é ß 映画", String(repeating: "great ", count: 50_000),
      String(decoding: [0xFF, 0xC3, 0x28] as [UInt8], as: UTF8.self),
      (0..<5000).map { "word\($0)" }.joined(separator: " "),
    ]
    for text in texts {
      let probability = classifier.probability(of: text)
      #expect((0...1).contains(probability))
    }
    // Presence counts, not frequency.
    #expect(
      classifier.probability(of: "great great great")
        == classifier.probability(of: "great great great great"))
  }

  @Test("the same texts give the same bits")
  func deterministic() throws {
    let texts = Self.corpus(200, seed: 3)
    let first = try SentimentClassifier.fit(texts, options: Self.small)
    #expect(try SentimentClassifier.fit(texts, options: Self.small).digest == first.digest)
    let other = try SentimentClassifier.fit(Array(texts.dropLast()), options: Self.small)
    #expect(other.digest != first.digest)
  }

  @Test("the dual's solution is where the primal's gradient is 0")
  func optimum() throws {
    // Three columns, four rows; ½‖w‖² + C Σ log(1 + exp(−y w·x)) has one minimum.
    let (columns, starts): ([UInt32], [Int]) = ([0, 1, 1, 2, 0, 2, 0, 1, 2], [0, 2, 4, 6, 9])
    let (scale, signs, cost): ([Float], [Double], Double) = ([1, -0.5, 2], [1, -1, 1, -1], 0.7)
    let problem = DualLogisticRegression(
      columns: columns, starts: starts, scale: scale, bias: 1, signs: signs, cost: cost)
    let (weights, intercept) = problem.solve(passes: 1000, tolerance: 1e-9)
    // `weights` has the scale worked in: w = weights/scale.
    var gradient = zip(weights, scale).map { Double($0 / $1) } + [intercept]
    for row in 0..<4 {
      let present = columns[starts[row]..<starts[row + 1]].map(Int.init)
      let score = intercept + present.reduce(0) { $0 + Double(weights[$1]) }
      let slope = -cost * signs[row] / (1 + exp(signs[row] * score))
      for column in present { gradient[column] += slope * Double(scale[column]) }
      gradient[3] += slope
    }
    for value in gradient { #expect(abs(value) < 2e-3) }
  }

  @Test("a label that is neither 0 nor 1, or a class without texts, is refused")
  func badLabels() {
    let text = LabelledText(text: "a", label: 1)
    for texts in [
      [], [text], [text, LabelledText(text: "b", label: 0), .init(text: "c", label: 2)],
    ] {
      let error = #expect(throws: LossmithError.self) { try SentimentClassifier.fit(texts) }
      #expect(error?.code == .malformedInput)
    }
  }
}
