/// How preference rows become pairs of token ids.
public struct PreferenceOptions: Hashable, Sendable {
  /// Where the prompt ends that is not written down.
  public enum ImplicitPrompt: String, Hashable, Sendable, Codable {
    /// At the first scalar that differs, as TRL has it: it may cut a word.
    case characters
    /// At the last white space before that.
    case words
  }

  /// What becomes of a prompt that is longer than ``maximumPromptTokens``.
  public enum LongPrompts: String, Hashable, Sendable, Codable {
    /// The row is left out, and counted.
    case skipped
    /// Its end is kept: there, the question is.
    case cut
  }

  /// Tokens of prompt and completion together, at most: the model's positions.
  public var contextLength: Int
  /// Tokens of a prompt, start token included; nil for what the context leaves.
  public var maximumPromptTokens: Int?
  /// Tokens of a completion, end token included; nil for what the context leaves. A longer one is
  /// cut at its end, and counted.
  public var maximumCompletionTokens: Int?
  public var longPrompts = LongPrompts.skipped
  public var implicitPrompt = ImplicitPrompt.characters
  /// Goes in front of every prompt.
  public var startToken: Int32?
  /// Ends every completion that was not cut; nil to end none.
  public var endToken: Int32?
  /// Reads so many rows at most.
  public var limit: Int?

  public init(contextLength: Int, startToken: Int32? = nil, endToken: Int32? = nil) {
    self.contextLength = contextLength
    self.startToken = startToken
    self.endToken = endToken
  }
}
