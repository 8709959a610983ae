import Losses

/// A probabilistic grammar of film reviews.
///
/// A review praises or blames, and most of its sentences of feeling do as the review does. It draws
/// sentence after sentence until it has ``ReviewsGrammar/shortestReview`` words; one sentence in
/// seven only tells. Some sentences praise by denying blame (`not boring`) and blame by denying
/// praise, so that the reward cannot be read off single words.
///
/// Words come up as often as they stand early in their list, and most sentences of feeling hold
/// two or more of its words: a small model learns from a million tokens which words belong
/// together, and with them what a review's mood is. Without that a policy could learn to praise
/// word by word only, and a few thousand pairs would teach it next to nothing.
struct ReviewsGrammar: Sendable {
  /// A full review has at least so many words, signs of punctuation not counted.
  static let shortestReview = 300

  /// Probability that a sentence of feeling praises, in a review that does.
  private static let praisingMood = 0.9
  private static let feelingShare = 0.85

  private enum Slot {
    case word(String)
    case anyOf([String])
    /// A word of the sentence's own direction, and one of the other.
    case feeling(praise: [String], blame: [String])
    case contrary(praise: [String], blame: [String])
    /// A word of degree, or nothing, as often.
    case degree
  }

  private let feelings: [[Slot]]
  private let tellings: [[Slot]]
  private let ids: [String: Int32]

  /// Words to ids as in ``WordTokenizer``: 0 ends a text, 1 is unknown.
  init() {
    ids = Dictionary(
      uniqueKeysWithValues: ReviewsVocabulary.words.enumerated().map { ($1, Int32($0 + 2)) })
    feelings = Self.feelingForms.map(Self.parse)
    tellings = Self.tellingForms.map(Self.parse)
  }

  private static let feelingForms = [
    "the ASPECT was DEGREE ADJECTIVE and ADJECTIVE .",
    "the ASPECT was ADJECTIVE , ADJECTIVE and ADJECTIVE .",
    "it is a ADJECTIVE , ADJECTIVE GENRE with a ADJECTIVE ASPECT .",
    "the ASPECT was not CONTRARY , it was DEGREE ADJECTIVE .",
    "the ASPECT is hardly CONTRARY and the ASPECT is ADJECTIVE .",
    "i VERB the ADJECTIVE ASPECT and the ADJECTIVE ASPECT .",
    "i never UNVERB the ADJECTIVE ASPECT .",
    "we VERB the ADJECTIVE scenes of this ADJECTIVE GENRE .",
    "NAME plays the PERSON ADVERB and the ASPECT feels ADJECTIVE .",
    "this GENRE was ADVERB made and DEGREE ADJECTIVE .",
    "critics found the ASPECT DEGREE ADJECTIVE , and my friends VERB it .",
    "the ASPECT seemed ADJECTIVE , without a CONTRARY ASPECT .",
    "everyone VERB the ADJECTIVE , ADJECTIVE ASPECT !",
    "the whole family VERB this ADJECTIVE GENRE .",
  ]

  private static let tellingForms = [
    "the PLAIN GENRE was shot in PLACE .",
    "NAME plays a PLAIN PERSON from PLACE .",
    "TIME the PERSON DEED a PERSON in PLACE .",
    "the PERSON DEED NAME , who DEED the PLAIN PERSON .",
    "i saw it TIME at the PLAIN cinema with my friends .",
    "it lasts two hours and begins in PLACE .",
    "the PERSON tells a story about a PERSON and a PLAIN PERSON .",
    "after three minutes the PERSON DEED the audience .",
  ]

  /// The words of two lists in turn, so that strong and mild ones are equally frequent.
  private static func alternating(_ strong: [String], _ mild: [String]) -> [String] {
    zip(strong, mild).flatMap { [$0, $1] }
  }

  private static func parse(_ form: String) -> [Slot] {
    let adjectives = (
      alternating(ReviewsVocabulary.strongPraise, ReviewsVocabulary.mildPraise),
      alternating(ReviewsVocabulary.strongBlame, ReviewsVocabulary.mildBlame)
    )
    return form.split(separator: " ").map { part in
      switch part {
      case "ASPECT": .anyOf(ReviewsVocabulary.aspects)
      case "PLAIN": .anyOf(ReviewsVocabulary.plain)
      case "PERSON": .anyOf(ReviewsVocabulary.people)
      case "NAME": .anyOf(ReviewsVocabulary.names)
      case "PLACE": .anyOf(ReviewsVocabulary.places)
      case "GENRE": .anyOf(ReviewsVocabulary.genres)
      case "DEED": .anyOf(ReviewsVocabulary.deeds)
      case "TIME": .anyOf(ReviewsVocabulary.times)
      case "DEGREE": .degree
      case "ADJECTIVE": .feeling(praise: adjectives.0, blame: adjectives.1)
      case "CONTRARY": .contrary(praise: adjectives.0, blame: adjectives.1)
      case "VERB":
        .feeling(praise: ReviewsVocabulary.likes, blame: ReviewsVocabulary.dislikes)
      case "UNVERB":
        .contrary(praise: ReviewsVocabulary.likes, blame: ReviewsVocabulary.dislikes)
      case "ADVERB": .feeling(praise: ReviewsVocabulary.well, blame: ReviewsVocabulary.badly)
      default: .word(String(part))
      }
    }
  }

  /// A review: its tokens, the end token last, and where its sentences start.
  func review(_ stream: inout RandomStream) -> (tokens: [Int32], sentences: [Int]) {
    let mood = stream.bernoulli(0.5) ? Self.praisingMood : 1 - Self.praisingMood
    var tokens: [Int32] = []
    var sentences: [Int] = []
    var words = 0
    while words < Self.shortestReview {
      sentences.append(tokens.count)
      for word in sentence(mood: mood, &stream) {
        tokens.append(ids[word]!)
        if word.first!.isLetter { words += 1 }
      }
    }
    return (tokens + [0], sentences)
  }

  /// The first tokens of a sentence of some review; where it is too short, of the next ones too.
  func opening(length: Int, _ stream: inout RandomStream) -> [Int32] {
    let mood = stream.bernoulli(0.5) ? Self.praisingMood : 1 - Self.praisingMood
    var tokens: [Int32] = []
    while tokens.count < length { tokens += sentence(mood: mood, &stream).map { ids[$0]! } }
    return Array(tokens.prefix(length))
  }

  /// - Parameter mood: the probability that a sentence of feeling praises.
  private func sentence(mood: Double, _ stream: inout RandomStream) -> [String] {
    let forms = stream.bernoulli(Self.feelingShare) ? feelings : tellings
    let praises = stream.bernoulli(mood)
    return forms[stream.below(forms.count)].compactMap { fill($0, praises: praises, &stream) }
  }

  private func fill(_ slot: Slot, praises: Bool, _ stream: inout RandomStream) -> String? {
    // The k-th of n words comes up with probability (2(n − k) + 1)/n².
    func one(of words: [String]) -> String {
      words[min(stream.below(words.count), stream.below(words.count))]
    }
    switch slot {
    case .word(let word): return word
    case .anyOf(let words): return one(of: words)
    case .feeling(let praise, let blame): return one(of: praises ? praise : blame)
    case .contrary(let praise, let blame): return one(of: praises ? blame : praise)
    case .degree: return stream.bernoulli(0.5) ? one(of: ReviewsVocabulary.degrees) : nil
    }
  }

  /// Parts of reviews, each of a given number of tokens from the start of a sentence.
  ///
  /// A part that would reach beyond its review starts so that it ends with the end token.
  func windows(count: Int, length: Int, seed: UInt64, purpose: String) -> [[Int32]] {
    (0..<count).map { index in
      var stream = RandomStream(seed: seed, purpose: purpose, UInt64(index))
      let (tokens, sentences) = review(&stream)
      let start = min(sentences[stream.below(sentences.count)], tokens.count - length)
      return Array(tokens[start..<(start + length)])
    }
  }
}
