/// What a task file may describe.
public enum TaskKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// The contextual bandit: no file, exact numbers, milliseconds.
  case bandit
  /// Film reviews from a grammar: no file, a reward that is known exactly.
  case reviews
  /// Real film reviews, judged by a classifier.
  case imdb
  /// Any file of preference pairs.
  case preference
}
