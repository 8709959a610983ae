import Losses

/// The words that a proposer is given.
public protocol PromptWriter {
  func system() throws -> String
  /// The first user message: the losses of the burn-in.
  func archive(_ prompt: ArchivePrompt) throws -> String
  /// One message in place of the conversation so far.
  func digest(_ digest: DigestPrompt) throws -> String
  /// What a proposal with an η is told.
  func feedback(_ feedback: SuccessFeedback) throws -> String
  /// What a proposal without one is told.
  func feedback(_ feedback: FailureFeedback) throws -> String
  /// What a proposal is told that the cheap stage stopped.
  func feedback(_ feedback: StoppedFeedback) throws -> String
}

/// The templates' words, with what the system prompt tells of a run.
public struct TemplatePrompts: PromptWriter {
  public var book: PromptBook
  public var facts: SystemPrompt

  public init(book: PromptBook, facts: SystemPrompt) {
    self.book = book
    self.facts = facts
  }

  public func system() -> String { book.system(facts) }
  public func archive(_ prompt: ArchivePrompt) -> String { book.archive(prompt) }
  public func digest(_ digest: DigestPrompt) -> String { book.digest(digest) }
  public func feedback(_ feedback: SuccessFeedback) -> String { book.feedback(feedback) }
  public func feedback(_ feedback: FailureFeedback) -> String { book.feedback(feedback) }
  public func feedback(_ feedback: StoppedFeedback) -> String { book.feedback(feedback) }
}
