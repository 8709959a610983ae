import Foundation
import Losses

/// The true sentiment of a text, in (0, 1), defined on every string of tokens.
///
/// Words of feeling weigh ±0.75 to ±1.5. A word of degree right before one makes it half as heavy again;
/// a negation at most three words before it, in the same sentence, multiplies it by −0.8. The k-th
/// occurrence of a word in a text weighs 1/k. With S the sum and n the number of tokens, end tokens
/// not counted,
///
///     score = 1 / (1 + exp(−8 · S / (n + 8)))
///
/// Length alone gains nothing: n only divides, and every neutral word draws the score towards ½.
/// Repeating one word of praise gains less and less. An empty text has ½.
public struct ReviewsScore: CompletionReward {
  static let gain = 8.0
  static let ballast = 8.0
  static let reach = 3

  private enum Role { case plain, feeling(Double), degree, negation, stop }
  private let roles: [Role]
  public let digest: String

  public init() {
    let negations = Set(ReviewsVocabulary.negations)
    let degrees = Set(ReviewsVocabulary.degrees)
    var roles: [Role] = [.stop, .plain]
    var digest = ContentDigest("reviews score/1")
    digest.add([Self.gain, Self.ballast, Double(Self.reach)])
    for word in ReviewsVocabulary.words {
      let weight = ReviewsVocabulary.weight(word)
      digest.add(word)
      digest.add([weight])
      if weight != 0 {
        roles.append(.feeling(weight))
      } else if negations.contains(word) {
        roles.append(.negation)
      } else if degrees.contains(word) {
        roles.append(.degree)
      } else {
        roles.append([".", "!", ","].contains(word) ? .stop : .plain)
      }
    }
    self.roles = roles
    self.digest = digest.hexadecimal
  }

  /// The score of a completion; its prompt counts only as far as its last words turn or strengthen
  /// the completion's first ones.
  ///
  /// Tokens outside the vocabulary are neutral words.
  public func score(prompt: [Int32] = [], completion: [Int32]) -> Double {
    var sum = 0.0
    var length = 0
    var seen: [Int32: Double] = [:]
    var sinceNegation = Int.max
    var isStrengthened = false
    let context = prompt.suffix(Self.reach)
    for (place, token) in (context + completion).enumerated() {
      let isOwn = place >= context.count
      if isOwn && token != 0 { length += 1 }
      if sinceNegation < Int.max { sinceNegation += 1 }
      switch roles.indices.contains(Int(token)) ? roles[Int(token)] : .plain {
      case .plain: isStrengthened = false
      case .degree: isStrengthened = true
      case .negation:
        sinceNegation = 0
        isStrengthened = false
      case .stop:
        sinceNegation = .max
        isStrengthened = false
      case .feeling(let weight):
        if isOwn {
          let times = seen[token, default: 0] + 1
          seen[token] = times
          let sign = sinceNegation <= Self.reach ? -0.8 : 1
          sum += sign * (isStrengthened ? 1.5 : 1) * weight / times
        }
        isStrengthened = false
      }
    }
    return 1 / (1 + exp(-Self.gain * sum / (Double(length) + Self.ballast)))
  }

  public func scores(prompts: [[Int32]], completions: [[Int32]]) -> [Double] {
    zip(prompts, completions).map { score(prompt: $0, completion: $1) }
  }
}
