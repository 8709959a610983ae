import ArgumentParser
import Discovery
import Foundation
import Losses

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "Lists the runs of a folder, the latest first.")

  @Argument(help: "A folder of runs (default: runs).") var folder: String?
  @OptionGroup var output: OutputOptions

  /// The JSON document.
  struct Document: Encodable { var runs: [RunListing] }

  func run() throws {
    let console = output.console()
    let place = URL(filePath: folder ?? "runs").standardizedFileURL
    let runs = try RunListing.runs(in: place)
    if output.json { return console.print(document: try JSON.text(Document(runs: runs))) }
    console.print(
      runs.isEmpty ? "No runs in \(place.path.shownOnOneLine)." : RunListing.table(runs))
  }
}
