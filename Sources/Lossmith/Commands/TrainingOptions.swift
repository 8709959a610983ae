import ArgumentParser
import Discovery
import Foundation
import Losses
import Policy

/// How a policy is trained, whatever on: adapters, memory.
struct TrainingOptions: ParsableArguments {
  @Option(help: "Train LoRA adapters of this rank instead of all parameters.")
  var loraRank: Int?
  @Option(help: "LoRA's alpha: adapters count alpha / rank times (default: twice the rank).")
  var loraAlpha: Double?
  @Option(
    help: "Modules that get an adapter, by the end of their name, comma-separated (default: all).")
  var loraTargets: String?
  @Option(help: "Most rows of a batch in memory at once (train: pairs); the step stays the same.")
  var microBatch: Int?
  @Flag(help: "Compute activations again in the backward pass: less memory, the same bits.")
  var recompute = false

  /// - Throws: `LossmithError(.usage)` for values that make no sense by themselves.
  func recipe() throws(LossmithError) -> RecipeOptions {
    let options = RecipeOptions(
      loraRank: loraRank, loraAlpha: loraAlpha,
      loraTargets: loraTargets.map {
        $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      }, microBatch: microBatch, recomputes: recompute)
    // Without a rank the task file's may count; then the worker looks at the rest.
    if loraRank != nil || (loraAlpha == nil && loraTargets == nil) { _ = try options.lora() }
    return options
  }
}

/// Keeping a training's state, and going on from it.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: "Keep the training's state in OUT.checkpoint after every N steps; 0: on Ctrl-C alone.")
  var checkpointEvery = 100
  @Flag(help: "Go on with the training that OUT.checkpoint holds, to the same bits.")
  var resume = false

  func validate() throws {
    guard checkpointEvery >= 0 else {
      throw ValidationError("--checkpoint-every takes a number from 0, not \(checkpointEvery).")
    }
  }

  /// Keeps other trainings for the same place away until it is released; taken before
  /// ``plan(out:replacing:)``, which may remove a state.
  ///
  /// - Throws: `LossmithError`: `usage` while another training is at it, and for a policy that another
  ///   one has put there by now; `storage`.
  func lock(_ out: OutputFolder) throws(LossmithError) -> TrainingLock {
    let lock = try TrainingLock(URL(fileURLWithPath: out.url.path + ".checkpoint"))
    try out.requireFree()
    return lock
  }

  /// The plan for a policy that will be at a place.
  ///
  /// - Parameter replacing: whether a state that is there may go.
  /// - Throws: `LossmithError(.usage)` for a state that nobody asked for.
  func plan(out: String, replacing: Bool) throws(LossmithError) -> CheckpointPlan {
    let folder = URL(fileURLWithPath: out + ".checkpoint")
    if resume {
      guard Checkpointing.exists(in: folder) else {
        throw LossmithError(
          .missingFile, "There is no training to resume.", at: folder.path,
          remedy: "Leave --resume out, or give the --out of the training that was stopped.")
      }
    } else if Checkpointing.exists(in: folder) {
      guard replacing else {
        throw LossmithError(
          .usage, "A training for this place was stopped and can go on.", at: folder.path,
          remedy: "Go on with --resume, or remove that folder to start over.")
      }
      Checkpointing.remove(folder)
    }
    return CheckpointPlan(
      folder: folder.path, interval: checkpointEvery, isResuming: resume)
  }

  /// Has a training run; when it is whole, removes its state and releases its lock.
  ///
  /// - Throws: what the training throws; to an interruption, and to a fault of the machine behind which a
  ///   state is left, the command that resumes is added.
  static func finishing<Result>(
    _ plan: CheckpointPlan, _ lock: TrainingLock, _ train: () throws -> Result
  ) throws -> Result {
    let folder = URL(fileURLWithPath: plan.folder)
    do {
      let result = try train()
      Checkpointing.remove(folder)
      lock.release()
      return result
    } catch var error as LossmithError {
      let isNoFaultOfTheTraining = [.interrupted, .hostFault, .storage].contains(error.code)
      guard isNoFaultOfTheTraining, Checkpointing.exists(in: folder) else { throw error }
      let way = "Resume with: \(command)"
      error.remedy =
        error.code == .interrupted || error.remedy == nil
        ? way : "\(error.remedy!) The training's state is kept. \(way)"
      throw error
    }
  }

  /// This command once more, as a shell takes it.
  private static var command: String {
    var arguments = ["lossmith"] + CommandLine.arguments.dropFirst()
    if !arguments.contains("--resume") { arguments.append("--resume") }
    return arguments.map { argument in
      let isPlain = argument.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,+".contains($0))
      }
      return isPlain && !argument.isEmpty
        ? argument : "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }
}

/// A policy on the command line: a Hugging Face folder, or an adapter with its base.
struct PolicyPath {
  var policy: String
  /// Nil for a whole model.
  var base: String?

  /// - Parameter base: nil for the one that an adapter names itself.
  /// - Throws: `LossmithError`: `missing-file` for an adapter whose base is not to be found, `usage` for a
  ///   base beside a whole model.
  init(_ policy: String, base: String?) throws(LossmithError) {
    let url = URL(fileURLWithPath: policy).standardizedFileURL
    self.policy = url.path
    let given = base.map { URL(fileURLWithPath: $0).standardizedFileURL }
    guard LoRAFolder.isAdapter(url) else {
      if base != nil {
        throw LossmithError(
          .usage, "\(policy) is no adapter, so it has no base.", at: "--base",
          remedy: "Leave --base out.")
      }
      return
    }
    self.base = try LoRAFolder.base(of: url, given: given).path
  }
}
