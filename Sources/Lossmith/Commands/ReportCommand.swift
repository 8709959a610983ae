import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes the page of a run anew and prints its table.")

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run")) var directory: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = output.console()
    let url = URL(fileURLWithPath: directory)
    let summary = try RunPages.summary(of: url)
    let page = try RunPages.write(url, installation: try Installation.current())
    if output.json {
      console.print(try JSON.text(summary))
    } else {
      console.print(summary.table)
      console.print("Report: \(page.path)")
    }
  }
}
