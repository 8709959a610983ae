import Losses
import Testing

@testable import Policy

@Suite("Reviews: grammar and score")
struct ReviewsGrammarTests {
  private func ids(_ text: String) throws -> [Int32] {
    try WordTokenizer.make(words: ReviewsVocabulary.words).encode(text)
  }

  @Test("The vocabulary has 300 words or more, and so has a full review")
  func sizes() {
    #expect(ReviewsVocabulary.words.filter { $0.first!.isLetter }.count >= 300)
    for seed in 0..<20 as Range<UInt64> {
      var stream = RandomStream(seed: seed, purpose: "test")
      let review = ReviewsGrammar().review(&stream).tokens
      #expect(review.count >= 300 && review.last == 0)
    }
  }

  @Test("Praise scores above blame, and a negation turns it round")
  func directions() throws {
    let score = ReviewsScore()
    let praise = score.score(completion: try ids("the film was superb ."))
    let denied = score.score(completion: try ids("the film was not superb ."))
    let blame = score.score(completion: try ids("the film was awful ."))
    #expect(praise > 0.5 && denied < 0.5 && blame < denied)
    #expect(score.score(prompt: try ids("it was not"), completion: try ids("superb .")) < 0.5)
  }

  @Test("Length alone gains nothing, and repeating a word gains less and less")
  func gaming() throws {
    let score = ReviewsScore()
    #expect(score.score(completion: []) == 0.5)
    let one = score.score(completion: try ids("superb"))
    #expect(score.score(completion: try ids("superb the the the")) < one)
    let many = Array(repeating: try ids("superb")[0], count: 24)
    #expect(
      score.score(completion: many) < score.score(completion: try ids("superb brilliant amazing")))
    #expect(score.score(completion: [0, 1, 9999, -3]) == 0.5)
  }
}
