import ArgumentParser
import Foundation
import Host
import Losses

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Compiles a loss into a shared library.")

  @Argument(help: "A source file (.swift, .c, .cpp), a folder with one, or a catalogue name.")
  var source: String
  @Option(name: .shortAndLong, help: "Where to put the library (default: NAME.so here).")
  var output: String?
  @OptionGroup var options: OutputOptions

  /// The JSON document.
  struct Document: Encodable {
    var plugin: String
    var verdict: Verdict
    var message: String
    var remedy: String
    var library: String?
    var sha256: String?
    var diagnostics: [CompilerDiagnostic]
    var warnings: [String]
  }

  func run() throws {
    let console = options.console()
    try OutputPlace.require(file: output, flag: "-o")
    let library = try PluginLibrary(console: console)
    console.live("building \(source)")
    switch try library.resolver.resolve(source) {
    case .plugin(let plugin):
      let place = URL(fileURLWithPath: output ?? "\(plugin.name.text).so")
      try copy(plugin.library, to: place)
      if options.json {
        console.print(
          document: try JSON.text(
            Document(
              plugin: plugin.name.text, verdict: .ok, message: "", remedy: "",
              library: place.path, sha256: plugin.sha256, diagnostics: [],
              warnings: plugin.warnings)))
      } else {
        for warning in plugin.warnings { console.note("warning: \(warning)") }
        console.print("\(place.path.shownOnOneLine)  sha256 \(plugin.sha256)")
      }
    case .rejected(let name, let rejection):
      let finding = rejection.finding
      if finding.verdict.isHostFault {
        throw LossmithError(.hostFault, finding.message, at: source, remedy: finding.remedy)
      }
      if options.json {
        console.print(
          document: try JSON.text(
            Document(
              plugin: name.text, verdict: finding.verdict, message: finding.message,
              remedy: finding.remedy, library: nil, sha256: nil,
              diagnostics: rejection.diagnostics, warnings: [])))
        throw ExitStatus.candidate
      }
      throw LossFailure(finding)
    }
  }

  private func copy(_ library: URL, to place: URL) throws {
    let built: Data
    do {
      built = try Data(contentsOf: library)
    } catch {
      throw LossmithError(
        .storage, "The library cannot be read back from the cache.", at: library.path,
        remedy: "Give the command again.", underlying: error)
    }
    try OutputFiles.write(built, to: place)
  }
}
