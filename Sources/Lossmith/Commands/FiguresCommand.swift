import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Report

struct FiguresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures",
    abstract:
      "Writes the pictures of a run, or of a trained policy, as SVG with their numbers as CSV.",
    discussion: """
      Of a run: η over generations, ranking, reward against KL, value and slope of the best losses, \
      lineage, cost, and for each candidate its learning curves, value and slope. Files of the same name \
      are replaced, others are left alone.
      """)

  @Argument(
    help: ArgumentHelp("A run's directory, or a policy's.", valueName: "run"),
    completion: .directory)
  var directory: String
  @Option(
    name: .shortAndLong, help: "The folder to write into; made if need be.", completion: .directory)
  var out: String
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var files: [String]
  }

  func run() throws {
    let console = output.console()
    let url = URL(fileURLWithPath: directory)
    try OutputPlace.require(folder: out)
    try ExperimentFolder.refuse(url)
    let figures: [Figure]
    if TrainingPages.isTraining(url) {
      figures = [RunReport.figure(try TrainingPages.model(of: url))].compactMap { $0 }
    } else {
      // What is no run is refused before anything is drawn.
      _ = try RunDirectory.read(at: url)
      LossShapes.draw(url)
      let model = try RunPages.model(of: url)
      figures = RunReport.figures(model) + model.candidates.flatMap(RunReport.figures(of:))
    }
    let folder = URL(fileURLWithPath: out)
    try OutputFiles.makeFolder(folder)
    var files: [String] = []
    for figure in figures {
      for (text, ending) in [(figure.svg, "svg"), (figure.csv, "csv")] {
        let file = folder.appending(path: "\(figure.name).\(ending)")
        try OutputFiles.write(text, to: file)
        files.append(file.path)
      }
    }
    if output.json { return console.print(document: try JSON.text(Document(files: files))) }
    console.print("\(figures.count) pictures in \(folder.path.shownOnOneLine)")
  }
}
