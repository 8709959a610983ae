import ArgumentParser
import Foundation
import Host
import Losses

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Begins a loss: a source that builds and passes every check, to be changed.")

  @Argument(help: "The loss's name: small letters, digits and hyphens.") var name: String
  @Option(help: "swift, c or cpp.") var language: PluginSource.Language = .swift
  @Option(help: "What one row of a batch is.") var family: FamilyName = .pairwise
  @Option(
    name: .customLong("in"),
    help: "The folder that the loss's own folder goes into.")
  var folder = "Plugins"
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var name: String
    var family: String
    var source: String
  }

  func run() throws {
    let console = output.console()
    let installation = try Installation.current()
    let scaffold = try Scaffold(name: name, family: family.family, language: language)
    let place = URL(fileURLWithPath: folder)
    var isFolder: ObjCBool = true
    let exists = FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder)
    guard !exists || isFolder.boolValue else {
      throw LossmithError(
        .usage, "this is a file, not a folder for losses", at: folder,
        remedy: "Choose a folder with --in; it is made when it is not there.")
    }
    guard try PluginLibrary(console: console).catalogue.entry(named: name) == nil else {
      throw LossmithError(
        .usage, "the catalogue has a loss of the name \(name) already",
        remedy: "Choose another name: the catalogue's would be found under it.")
    }
    let source = try scaffold.write(into: place, installation: installation)
    if output.json {
      return console.print(
        document: try JSON.text(Document(name: name, family: family.rawValue, source: source.path)))
    }
    console.print(source.path.shownOnOneLine)
    let isListed =
      place.resolvingSymlinksInPath().path == installation.plugins.resolvingSymlinksInPath().path
    console.note("try: lossmith check \(isListed ? name : source.path)")
  }
}

extension PluginSource.Language: ExpressibleByArgument {}

/// A family by its name: of a type with raw values, help shows these and not the names.
enum FamilyName: String, CaseIterable, ExpressibleByArgument {
  case pairwise, classification, listwise

  var family: LossFamily {
    switch self {
    case .pairwise: .pairwise
    case .classification: .classification
    case .listwise: .listwise
    }
  }
}
