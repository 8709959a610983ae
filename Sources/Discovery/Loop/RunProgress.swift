/// Something that a person at the terminal wants to see.
public struct RunProgress: Hashable, Sendable {
  public enum Stage: String, Hashable, Sendable {
    /// A session begins.
    case start
    case baseline, propose, parse, build, check, train
    /// Gradients on the probes, compared with those of known losses.
    case fingerprint
    /// The cheap stage.
    case screen
    /// Settings of tunables are tried.
    case tune
    /// Further seeds of a finalist.
    case finalist
    /// Seeds that no selection saw.
    case confirm
    /// A candidate's verdict.
    case verdict
    /// A generation is over.
    case generation
    /// A host fault that is tried again.
    case fault
    case stop
  }

  public var stage: Stage
  /// From 1.
  public var generation: Int?
  /// 0 for the first try.
  public var attempt: Int?
  /// Number of the reply in the run, from 1.
  public var candidate: Int?
  /// Of the candidate or baseline.
  public var name: String?
  /// A line without the facts above.
  public var message: String
  /// 0 to 1 within the candidate's evaluation.
  public var fraction: Double?

  public init(
    _ stage: Stage, _ message: String, generation: Int? = nil, attempt: Int? = nil,
    candidate: Int? = nil, name: String? = nil, fraction: Double? = nil
  ) {
    self.stage = stage
    self.message = message
    self.generation = generation
    self.attempt = attempt
    self.candidate = candidate
    self.name = name
    self.fraction = fraction
  }
}
