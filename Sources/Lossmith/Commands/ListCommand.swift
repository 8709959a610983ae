import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "The catalogue: name, family, tunables with range and default, columns, source.")

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
    let losses = library.catalogue.entries
    var specs: [PluginSpec?] = []
    var refusals: [Int: Finding] = [:]
    for (index, loss) in losses.enumerated() {
      try Interruption.check()
      do {
        specs.append(try library.spec(loss.name.text, isolation: .process))
      } catch let failure as LossFailure {
        specs.append(nil)
        refusals[index] = failure.finding
      }
    }
    let described: PluginJobs.DescribeAll.Reply = try PluginJobs.run(
      .describeAll, PluginJobs.DescribeAll(plugins: specs.compactMap { $0 }),
      reading: specs.compactMap { $0 })
    var replies = described.replies[...]
    let entries = losses.enumerated().map { index, loss in
      let reply = specs[index] == nil ? nil : replies.popFirst()
      let descriptor = reply?.descriptor
      return Entry(
        name: loss.name.text, aliases: loss.aliases,
        verdict: (refusals[index] ?? reply?.finding ?? Finding(.ok)).verdict,
        family: descriptor?.family, summary: descriptor?.summary ?? loss.summary,
        columns: descriptor?.columns ?? [], tunables: descriptor?.tunables ?? [],
        claims: descriptor?.claims ?? [], source: loss.source.path)
    }
    if output.json { return console.print(document: try JSON.text(entries)) }
    console.print(Self.table(entries, root: library.installation.resourceRoot.path))
  }

  private static func table(_ entries: [Entry], root: String) -> String {
    var table = TextTable(columns: [
      .left("name"), .left("family"), .left("tunables"), .left("columns"), .left("source"),
      .left("summary"),
    ])
    for entry in entries {
      let alias = entry.aliases.isEmpty ? "" : " (\(entry.aliases.joined(separator: ", ")))"
      let source =
        entry.source.hasPrefix(root + "/")
        ? String(entry.source.dropFirst(root.count + 1)) : entry.source
      table.add([
        entry.name + alias, entry.family ?? "\(entry.verdict)",
        entry.tunables.map(text).joined(separator: " "), columns(entry), source, entry.summary,
      ])
    }
    return table.text
  }

  private static func text(_ tunable: Tunable) -> String {
    func short(_ value: Double) -> String { String(format: "%.6g", value) }
    return "\(tunable.name)=\(short(tunable.initial)) [\(short(tunable.minimum))…"
      + "\(short(tunable.maximum))]"
  }

  /// What a loss reads, the four usual columns in two words.
  private static func columns(_ entry: Entry) -> String {
    let named: [(Set<String>, String)] = [
      (["policy_chosen", "policy_rejected"], "policy"),
      (["reference_chosen", "reference_rejected"], "reference"),
    ]
    var rest = entry.columns
    var words: [String] = []
    for (set, word) in named where set.isSubset(of: rest) {
      rest.removeAll(where: set.contains)
      words.append(word)
    }
    return (words + rest).joined(separator: " ")
  }
}
