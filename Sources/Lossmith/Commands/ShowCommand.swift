import ArgumentParser
import Discovery
import Foundation
import Losses

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "A proposal of a run: thought, source, verdict, numbers, lineage.")

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run")) var directory: String
  @Argument(help: "The proposal's number in the run, or its name.") var id: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = output.console()
    let loss = try ArchivedLoss(id, in: URL(filePath: directory).standardizedFileURL)
    if output.json { return console.print(document: try JSON.text(loss)) }
    console.print(loss.text)
  }
}
