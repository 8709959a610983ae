import Foundation
import Host
import Losses
import Policy

/// How a worker's training keeps its state, so that it can be resumed.
public struct CheckpointPlan: Codable, Sendable {
  /// The folder of the state, beside the policy's.
  public var folder: String
  /// Steps between two states; 0 for none but the one of Ctrl-C.
  public var interval: Int
  public var isResuming: Bool

  public init(folder: String, interval: Int, isResuming: Bool) {
    self.folder = folder
    self.interval = interval
    self.isResuming = isResuming
  }

  /// Seconds that a worker gets to finish a step and to write its state.
  static let grace = 600.0

  /// Seconds that the sessions before took up to the state that is gone on from; 0 for a new training.
  var secondsBefore: Double {
    isResuming ? Checkpointing.seconds(in: URL(fileURLWithPath: folder)) : 0
  }

  /// - Parameter facts: what the trainer does not know of the training.
  func checkpointing(facts: [TrainingFact]) -> Checkpointing {
    Checkpointing(
      folder: URL(fileURLWithPath: folder), interval: interval, isResuming: isResuming,
      facts: facts, isStopping: { StopRequest.isMade }, listen: StopRequest.listen)
  }
}

extension PluginSpec {
  /// The loss, as a checkpoint remembers it: its name, its library's content, where it runs.
  ///
  /// - Throws: `LossFailure` for a library that cannot be read.
  func facts() throws(LossFailure) -> [TrainingFact] {
    [
      TrainingFact("loss", name),
      TrainingFact("loss's library", try PluginImage(path: library).digest.hex),
    ]
  }
}
