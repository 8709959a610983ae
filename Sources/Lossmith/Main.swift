import ArgumentParser
import Foundation
import Host
import Losses

/// The program: parses the command line, calls, prints.
@main
enum Main {
  static func main() {
    // A reader that goes away is no reason to die half-way through a journal.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try LossmithCommand.parseAsRoot()
      if !(command is WorkerCommand) { try Interruption.install() }
      try command.run()
    } catch {
      Foundation.exit(Failure.report(error))
    }
  }
}

struct LossmithCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lossmith",
    abstract: "Discovers, tests and trains with preference-optimization losses.",
    discussion: """
      PLUGIN is a catalogue name (lossmith list), a .so, a source file or a folder.
      Exit codes: 0 ok, 1 the candidate or plug-in fell short, 2 usage or unusable input, \
      3 environment or host fault, 130 interrupted.
      """,
    version: Version.text,
    subcommands: [
      ListCommand.self,
      NewCommand.self,
      BuildCommand.self,
      CheckCommand.self,
      CallCommand.self,
      PlotCommand.self,
      WatchCommand.self,
      EvaluateCommand.self,
      SweepCommand.self,
      TransferCommand.self,
      TrainCommand.self,
      AgreementCommand.self,
      DiscoverCommand.self,
      RunsCommand.self,
      ShowCommand.self,
      ExportCommand.self,
      ReportCommand.self,
      FiguresCommand.self,
      ServeCommand.self,
      SFTCommand.self,
      SampleCommand.self,
      DoctorCommand.self,
      BenchCommand.self,
      ImportCommand.self,
      ManualCommand.self,
      WorkerCommand.self,
    ])
}

enum Version {
  static let text = "0.1.0"
}

/// How an error ends the program.
enum Failure {
  /// Prints the error where it belongs; gives the exit code.
  static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as LossmithError:
      write(error.description)
      return error.code.exitCode.rawValue
    case let error as LossFailure:
      write("error[candidate]: \(error)")
      return ExitStatus.candidate.rawValue
    case let error as ExitStatus:
      return error.rawValue
    default:
      let code = LossmithCommand.exitCode(for: error)
      let message = LossmithCommand.fullMessage(for: error)
      if code == .success {
        Console().print(document: message)
        return 0
      }
      if !message.isEmpty { write(message) }
      // ArgumentParser reports usage errors as 64; here they are 2.
      return code == .validationFailure
        ? ExitStatus.usage.rawValue : ExitStatus.environment.rawValue
    }
  }

  private static func write(_ text: String) {
    // A file's name may hold a line break, and a shell's pattern may put it on the command line.
    let words = CommandLine.arguments.filter { $0.contains(where: \.isNewline) }.reduce(text) {
      $0.replacing($1, with: $1.shownOnOneLine)
    }
    let lines = words.shown.split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    let painted = [Console.painted(lines[0], .bad)] + lines.dropFirst()
    FileHandle.standardError.write(Data((painted.joined(separator: "\n") + "\n").utf8))
  }
}

/// A command that has printed all it has to say ends by throwing the status.
extension ExitStatus: Error {}
