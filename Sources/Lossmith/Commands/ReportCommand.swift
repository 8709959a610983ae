import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Report

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes the page of a run, or of a trained policy, anew.",
    discussion: """
      One HTML file with pictures, tables and sources inside; it asks nothing of the network. For a \
      folder that lossmith train wrote, the page has the learning curves of that training.
      """)

  @Argument(
    help: ArgumentHelp("A run's directory, or a policy's.", valueName: "run"),
    completion: .directory)
  var directory: String
  @Option(
    name: .shortAndLong, help: "The page's file (default: report.html in the directory).",
    completion: .file(extensions: ["html"]))
  var out: String?
  @OptionGroup var output: OutputOptions

  struct Training: Encodable {
    var page: String
  }

  func run() throws {
    let console = output.console()
    let url = URL(fileURLWithPath: directory)
    try ExperimentFolder.refuse(url)
    try OutputPlace.require(file: out, flag: "--out")
    let installation = try Installation.current()
    let page = out.map { URL(fileURLWithPath: $0) } ?? url.appending(path: "report.html")
    if TrainingPages.isTraining(url) {
      let html = try RunReport.html(
        try TrainingPages.model(of: url), templates: try RunPages.templates(installation))
      try OutputFiles.write(html, to: page)
      if output.json {
        return console.print(document: try JSON.text(Training(page: page.path)))
      }
      return console.print("Report: \(page.path.shownOnOneLine)")
    }
    let summary = try RunPages.summary(of: url)
    if out == nil {
      try RunPages.write(url, installation: installation)
    } else {
      let html = try RunReport.html(
        try RunPages.model(of: url), templates: try RunPages.templates(installation))
      try OutputFiles.write(html, to: page)
    }
    if output.json {
      console.print(document: try JSON.text(summary))
    } else {
      console.print(summary.table)
      if let course = try RunPages.course(of: url) { console.print(course) }
      console.print("Report: \(page.path.shownOnOneLine)")
    }
  }
}
