import Foundation
import Losses

@testable import Policy

/// The reviews task with a model that is fitted in a blink.
enum SmallReviews {
  static let configuration: ReviewsConfiguration = {
    var small = ReviewsConfiguration()
    small.width = 16
    small.layers = 1
    small.heads = 2
    small.contextLength = 16
    small.fittingTexts = 64
    small.promptTokens = 3
    small.newTokens = 5
    small.poolPrompts = 16
    small.poolCompletions = 3
    small.pairs = 48
    small.heldOutPrompts = 12
    small.heldOutPairs = 12
    small.recipe = Recipe(steps: 5, batch: 8, learningRate: 1e-2)
    return small
  }()

  static func task(
    _ configuration: ReviewsConfiguration = configuration, cache: URL? = nil,
    progress: @escaping @Sendable (TaskProgress) -> Void = { _ in }
  ) throws -> LanguageTask {
    try ReviewsTask.make(
      configuration, context: TaskContext(cacheDirectory: cache, progress: progress))
  }

  static func train(
    _ task: LanguageTask, _ loss: any Loss = MarginLoss.dpo(), seed: UInt64 = 3
  ) throws -> TrainingOutcome {
    try task.train(loss: loss, tunables: [0.5], seed: seed)
  }
}
