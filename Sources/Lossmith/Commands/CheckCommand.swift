import ArgumentParser
import Discovery
import Host
import Losses

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Runs the unit tests of a loss.",
    discussion: """
      In this order; after the first failure the rest do not run: \(CheckSuite.names.joined(separator: ", ")).

      Warnings are no failures: \(CheckReport.warningNames.joined(separator: ", ")).
      """)

  @Argument(help: "Catalogue name, .so, source file or folder.") var plugin: String
  @OptionGroup var tunables: TunableOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  /// The JSON document.
  struct Document: Encodable {
    var plugin: String
    var verdict: Verdict
    var message: String
    var remedy: String
    var descriptor: DescriptorDocument?
    var checks: [CheckReport.Entry]
    var warnings: [CheckReport.Warning]
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let name: String
    let reply: CheckJob.Reply
    do {
      let spec = try library.spec(plugin, isolation: isolation.isolation)
      name = spec.name
      let values = try tunables.values()
      try DeclaredTunables.require(values.keys, in: [spec], console)
      reply = try library.workbench().check(spec, tunables: values) { progress in
        console.live("check \(name): \(progress.detail)")
      }
    } catch let failure as LossFailure {
      // The build refused it: for a reader of the document that is a verdict like any other.
      try show(plugin, .init(descriptor: nil, report: .refused(failure.finding)), console)
      throw ExitStatus.candidate
    }
    try show(name, reply, console)
    if !reply.report.passed { throw ExitStatus.candidate }
  }

  private func show(_ name: String, _ reply: CheckJob.Reply, _ console: Console) throws {
    let report = reply.report
    if output.json {
      let document = Document(
        plugin: name, verdict: report.finding.verdict, message: report.finding.message,
        remedy: report.finding.remedy, descriptor: reply.descriptor, checks: report.entries,
        warnings: report.warnings)
      return console.print(document: try JSON.text(document))
    }
    for entry in report.entries {
      let mark =
        switch entry.outcome {
        case .passed: "ok  "
        case .failed: "FAIL"
        case .notRun: "-   "
        }
      let note = entry.message.isEmpty ? "" : "  \(entry.message)"
      console.print("  \(mark)  \(entry.name.padded(to: 20))\(note)")
    }
    for warning in report.warnings {
      console.print("  warning  \(warning.name): \(warning.message)")
    }
    console.print("\(name.shownOnOneLine): \(report.finding.verdict)")
    if !report.passed {
      console.print("  what was seen: \(report.finding.message)")
      if !report.finding.remedy.isEmpty {
        console.print("  how to mend it: \(report.finding.remedy)")
      }
    }
  }
}

extension String {
  /// At least `width` characters, filled with spaces.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
