import ArgumentParser
import Discovery
import Foundation
import Losses
import Policy

/// Flags of every command that gives a result.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document on standard output; everything else goes to standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  func console() -> Console { Console(quiet: quiet) }
}

/// Where plug-ins run.
struct IsolationOptions: ParsableArguments {
  @Option(
    help: "process: each plug-in in a sealed cell. inline: in the worker, for trusted drop-ins.")
  var isolation: Isolation = .process
}

/// Values for tunables.
struct TunableOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Value of a tunable, NAME=VALUE; repeatable.", valueName: "name=value"))
  var assignments: [String] = []

  @Option(help: "Value of the tunable beta (default: the task's).")
  var beta: Double?

  /// - Throws: `LossmithError(.usage)` for text that is not NAME=VALUE with a finite number, and for a
  ///   tunable that is given two values.
  func values() throws -> [String: Double] {
    var values: [String: Double] = [:]
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
        throw LossmithError(
          .usage, "\"\(assignment)\" is not NAME=VALUE with a finite number", at: "--set",
          remedy: "Write for example --set tau=0.1.")
      }
      let name = String(parts[0])
      if let other = values[name], other != value {
        throw LossmithError(
          .usage, "\(name) is set to \(other) and to \(value)", at: "--set",
          remedy: "Give it once.")
      }
      values[name] = value
    }
    if let beta {
      guard beta.isFinite, beta > 0 else {
        throw LossmithError(.usage, "\(beta) is not a positive number", at: "--beta")
      }
      if let other = values["beta"], other != beta {
        throw LossmithError(
          .usage, "--beta says \(beta) and --set beta=\(other)", at: "--beta",
          remedy: "Give one of them.")
      }
      values["beta"] = beta
    }
    return values
  }
}

extension Isolation: ExpressibleByArgument {}

/// Threads of a command that works on one policy.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads that share each step (default: one a core).",
      discussion: "Their number decides the last bits of a training, and none of samples."))
  var threads: Int?

  func validate() throws {
    try FlagRange.require("--threads", threads, in: FlagRange.threads)
  }

  var count: Int {
    threads
      ?? min(Processors.usable, FlagRange.threads.upperBound)
  }
}

/// How many workers train at once, and how many threads each has.
struct WorkerOptions: ParsableArguments {
  @Option(
    help:
      "Trainings at once, a worker each (default: one a core); numbers do not depend on it.")
  var workers: Int?

  @Option(help: "Threads of a worker (default: 1); they decide the last bits of the numbers.")
  var threads: Int?

  func validate() throws {
    try FlagRange.require("--workers", workers, in: FlagRange.threads)
    try FlagRange.require("--threads", threads, in: FlagRange.threads)
  }

  /// Workers for so many pieces of work that can be done at once; at least one.
  ///
  /// - Parameter threads: of a worker, where a run has fixed them.
  func count(for pieces: Int = .max, threads fixed: Int? = nil) -> Int {
    let cores = Processors.usable
    return max(1, min(workers ?? cores / (fixed ?? threads ?? 1), pieces))
  }
}
