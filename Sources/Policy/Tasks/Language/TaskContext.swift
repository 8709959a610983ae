import Foundation
import Losses

/// What a task is given by its surroundings.
public struct TaskContext: Sendable {
  /// Where fitted references and their numbers are kept; nil keeps them in this process alone.
  ///
  /// A folder that cannot be written to costs time and is no error.
  public var cacheDirectory: URL?
  /// Whether policies are also measured on prompts that η never sees, which takes as long as η does.
  public var measuresUntold: Bool
  /// Told how far long preparations have come.
  public var progress: @Sendable (TaskProgress) -> Void

  public init(
    cacheDirectory: URL? = nil, measuresUntold: Bool = false,
    progress: @escaping @Sendable (TaskProgress) -> Void = { _ in }
  ) {
    self.cacheDirectory = cacheDirectory
    self.measuresUntold = measuresUntold
    self.progress = progress
  }
}

/// How far a preparation has come.
public struct TaskProgress: Hashable, Sendable {
  /// What is being done, such as `fitting the reference`.
  public var stage: String
  /// From 0 to 1.
  public var fraction: Double
  /// Mean cross-entropy of the last batch in nats; nil when nothing is fitted.
  public var loss: Double?

  public init(stage: String, fraction: Double, loss: Double? = nil) {
    self.stage = stage
    self.fraction = fraction
    self.loss = loss
  }
}
