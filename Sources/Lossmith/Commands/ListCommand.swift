import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The catalogue: name, family, tunables, source.")

  @OptionGroup var output: OutputOptions

  struct Entry: Encodable {
    var name: String
    var aliases: [String]
    var verdict: Verdict
    var family: String?
    var summary: String
    var columns: [String]
    var tunables: [Tunable]
    var claims: [String]
    var source: String
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let bench = library.workbench()
    var entries: [Entry] = []
    for loss in library.catalogue.entries {
      try Interruption.check()
      let reply = try describe(loss.name.text, library, bench)
      entries.append(
        Entry(
          name: loss.name.text, aliases: loss.aliases, verdict: reply.finding.verdict,
          family: reply.descriptor?.family, summary: reply.descriptor?.summary ?? loss.summary,
          columns: reply.descriptor?.columns ?? [], tunables: reply.descriptor?.tunables ?? [],
          claims: reply.descriptor?.claims ?? [], source: loss.source.path))
    }
    if output.json { return console.print(try JSON.text(entries)) }
    var table = TextTable(columns: [
      .left("name"), .left("family"), .left("tunables"), .left("summary"),
    ])
    for entry in entries {
      let alias = entry.aliases.isEmpty ? "" : " (\(entry.aliases.joined(separator: ", ")))"
      let tunables = entry.tunables.map { "\($0.name)=\($0.initial) [\($0.minimum)…\($0.maximum)]" }
      table.add([
        entry.name + alias, entry.family ?? "\(entry.verdict)", tunables.joined(separator: " "),
        entry.summary,
      ])
    }
    console.print(table.text)
  }

  private func describe(
    _ name: String, _ library: PluginLibrary, _ bench: Workbench
  ) throws -> DescribeJob.Reply {
    do {
      return try bench.describe(try library.spec(name, isolation: .process))
    } catch let failure as LossFailure {
      return .init(finding: failure.finding, descriptor: nil)
    }
  }
}
