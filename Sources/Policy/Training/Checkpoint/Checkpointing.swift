import Foundation
import Losses

/// Where and how often a training keeps its state, and when it is to stop.
public struct Checkpointing {
  /// The folder of the state; made when it is first written to. No other training may use it meanwhile.
  public var folder: URL
  /// Keeps the state after every so many steps, and after the last one; 0: only when it is stopped.
  public var interval: Int
  /// Whether to go on from the state that is there.
  public var isResuming: Bool
  /// What the caller knows of the training, such as the loss and the seed: a state of other facts is
  /// refused.
  public var facts: [TrainingFact]
  /// Asked after every step; once it is true the state is kept and the training ends with an
  /// `interrupted` error.
  public var isStopping: () -> Bool
  /// Told true before the first step and false after the last: in between ``isStopping`` is asked.
  public var listen: (Bool) -> Void
  private let began = ContinuousClock.now
  /// Of the sessions before.
  private let secondsBefore: Double

  public init(
    folder: URL, interval: Int, isResuming: Bool, facts: [TrainingFact],
    isStopping: @escaping () -> Bool = { false }, listen: @escaping (Bool) -> Void = { _ in }
  ) {
    self.folder = folder
    self.interval = interval
    self.isResuming = isResuming
    self.facts = facts
    self.isStopping = isStopping
    self.listen = listen
    secondsBefore = isResuming ? Self.seconds(in: folder) : 0
  }

  /// The state's file.
  public static func file(in folder: URL) -> URL {
    folder.appending(path: "training.safetensors")
  }

  /// Whether a folder has a state to go on from.
  public static func exists(in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: file(in: folder).path)
  }

  /// Seconds that the training whose state a folder holds had taken; 0 where that cannot be told.
  public static func seconds(in folder: URL) -> Double {
    let file = try? SafetensorsFile(file(in: folder))
    return file?.metadata["seconds"].flatMap(Double.init).map { max(0, $0) } ?? 0
  }

  /// Makes a folder for a state, with its parents, unless it is there.
  ///
  /// - Throws: `LossmithError` (`storage`).
  public static func makeFolder(_ folder: URL) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw LossmithError(
        .storage, "The folder for the training's state cannot be made.", at: folder.path,
        remedy: "Check that its parent may be written to.", underlying: error)
    }
  }

  /// Removes the state of a folder, what killed trainings left half-written too, and the folder if
  /// nothing else is in it. What cannot be removed stays.
  public static func remove(_ folder: URL) {
    let manager = FileManager.default
    try? manager.removeItem(at: file(in: folder))
    removeParts(folder)
    rmdir(folder.path)
  }

  /// Half-written states (see ``AtomicFile``), which only killed trainings leave: a folder is one
  /// training's at a time, and between two steps that one writes nothing.
  private static func removeParts(_ folder: URL) {
    let manager = FileManager.default
    let start = file(in: folder).lastPathComponent + "."
    for name in (try? manager.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasPrefix(start) && name.hasSuffix(".part") {
      try? manager.removeItem(at: folder.appending(path: name))
    }
  }

  /// The step behind which a training goes on, and its curve so far; 0 for one from the start.
  ///
  /// - Throws: as ``TrainingState/restore(_:facts:from:)``; `missing-file` when there is no state.
  func start(
    _ trainer: TransformerTrainer, facts own: [TrainingFact]
  ) throws(LossmithError) -> TrainingState {
    guard isResuming else { return TrainingState(step: 0, curve: []) }
    let file = Self.file(in: folder)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw LossmithError(
        .missingFile, "There is no training to resume.", at: file.path,
        remedy: "Leave --resume out, or give the --out of the training that was stopped.")
    }
    return try TrainingState.restore(trainer, facts: facts + own, from: file)
  }

  /// After a step: keeps the state if it is time, and ends the training if it is to stop.
  ///
  /// - Throws: `LossmithError`: `interrupted`, `storage`.
  func afterStep(
    _ trainer: TransformerTrainer, of steps: Int, curve: [TrainingStep], facts own: [TrainingFact]
  ) throws(LossmithError) {
    let step = trainer.step
    let isStopping = isStopping()
    guard isStopping || interval > 0 && (step % interval == 0 || step == steps) else { return }
    try Self.makeFolder(folder)
    Self.removeParts(folder)
    let seconds = secondsBefore + (ContinuousClock.now - began) / .seconds(1)
    try TrainingState.write(
      trainer, curve: curve, facts: facts + own, seconds: seconds, to: Self.file(in: folder))
    if isStopping {
      throw LossmithError(
        .interrupted, "Stopped after step \(step) of \(steps); the training's state is kept.",
        at: folder.path)
    }
  }
}
