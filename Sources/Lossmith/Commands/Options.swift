import ArgumentParser
import Discovery
import Losses

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

  /// - Throws: `LossmithError(.usage)` for text that is not NAME=VALUE with a finite number.
  func values() throws -> [String: Double] {
    var values: [String: Double] = [:]
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
        throw LossmithError(
          .usage, "\"\(assignment)\" is not NAME=VALUE with a finite number", at: "--set",
          remedy: "Write for example --set tau=0.1.")
      }
      values[String(parts[0])] = value
    }
    if let beta {
      guard beta.isFinite, beta > 0 else {
        throw LossmithError(.usage, "\(beta) is not a positive number", at: "--beta")
      }
      values["beta"] = beta
    }
    return values
  }
}

extension Isolation: ExpressibleByArgument {}
