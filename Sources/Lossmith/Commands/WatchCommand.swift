import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Checks and measures the losses of a folder again whenever a file changes.",
    discussion: """
      Save a source or drop in a .so: the verdict and η come without a restart. A save that does not \
      build or check leaves the last good library and its η in place. A file that is removed, or that is \
      none (a pipe, a device, a link that leads nowhere), is told on standard error. Ctrl-C ends it.
      """)

  @Argument(help: "A folder with sources, libraries, or a folder for each loss.") var folder: String
  @Option(help: "The task that η is measured on.") var task = "bandit"
  @Option(help: "Seeds, 0 to N − 1.") var seeds = 5
  @Option(help: "Look for changes every so many seconds.") var every = 0.3
  @Option(help: "End after so many results (default: never).") var count: Int?
  @OptionGroup var tunables: TunableOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    try FlagRange.require("--every", every, in: 0.05...86_400)
    try FlagRange.require("--count", count, in: FlagRange.many)
  }

  /// One line of output: what became of one save.
  struct Result: Encodable {
    var plugin: String
    var verdict: Verdict
    var message: String
    var remedy: String
    var warnings: [String]
    var eta: Estimate?
    /// η of the last library that passed, when this save did not.
    var lastGood: Estimate?
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let task = TaskName.resolve(task)
    let bench = library.workbench()
    let preparation = StagePrinter(console: console)
    let facts = try bench.taskFacts(task) {
      preparation.show($0.detail, fraction: $0.fraction)
    }.task
    var watched = WatchedFolder(URL(fileURLWithPath: folder))
    guard watched.exists else {
      throw LossmithError(.missingFile, "there is no such folder", at: folder)
    }
    var good: [String: Estimate] = [:]
    var results = 0
    let names = try tunables.values().keys
    var isFirstLook = true
    console.note("watching \(folder); Ctrl-C ends it")
    while count.map({ results < $0 }) ?? true {
      try Interruption.check()
      let look = watched.look()
      let changes = look.changed
      for file in look.removed { console.note("\(Self.name(file, in: watched)): removed") }
      for other in look.ignored {
        console.note("\(Self.name(other.file, in: watched)): not watched: \(other.reason)")
      }
      if isFirstLook {
        // What cannot be opened yet declares nothing; its own result tells why.
        let present = changes.compactMap {
          try? library.spec($0.path, isolation: isolation.isolation)
        }
        try DeclaredTunables.require(names, in: present, console)
        isFirstLook = false
      }
      for file in changes {
        guard let result = try measure(file, library, bench, task, facts.metric, good) else {
          continue
        }
        if let eta = result.eta { good[file.path] = eta }
        try show(result, console)
        results += 1
        if let count, results >= count { return }
      }
      Thread.sleep(forTimeInterval: every)
    }
  }

  /// A file as seen from the folder.
  private static func name(_ file: URL, in watched: WatchedFolder) -> String {
    let head = watched.folder.path + "/"
    return file.path.hasPrefix(head) ? String(file.path.dropFirst(head.count)) : file.path
  }

  /// nil for a file that went away meanwhile.
  private func measure(
    _ file: URL, _ library: PluginLibrary, _ bench: Workbench, _ task: String, _ metric: String,
    _ good: [String: Estimate]
  ) throws -> Result? {
    func failed(_ name: String, _ finding: Finding) -> Result {
      Result(
        plugin: name, verdict: finding.verdict, message: finding.message, remedy: finding.remedy,
        warnings: [], eta: nil, lastGood: good[file.path])
    }
    // A file may be called anything, a line of another loss's result for example.
    let name = PluginName(from: file.deletingPathExtension().lastPathComponent).text
    do {
      let spec = try library.spec(file.path, isolation: isolation.isolation)
      let console = output.console()
      let record = try bench.evaluate(
        spec, task: task, tunables: try tunables.values(), seeds: (0..<UInt64(seeds)).map { $0 }
      ) { console.live("\(name): \($0.stage) \($0.detail)") }.record
      guard record.finding.verdict.isOK else { return failed(name, record.finding) }
      return Result(
        plugin: name, verdict: .ok, message: "", remedy: "", warnings: record.warnings,
        eta: record.estimate(metric), lastGood: nil)
    } catch let failure as LossFailure {
      return failed(name, failure.finding)
    } catch let error as LossmithError where error.code == .missingFile {
      // Gone since the look: the next one tells.
      return nil
    } catch let error as LossmithError where error.code == .notAPlugin {
      // Half a library, as a linker leaves it for a moment: the next save tells more.
      return failed(
        name, Finding(.rejected(.gate), error.message, remedy: error.remedy ?? ""))
    } catch let error as LossmithError where error.code == .malformedInput {
      return failed(
        name, Finding(.rejected(.parse), error.message, remedy: error.remedy ?? ""))
    }
  }

  private func show(_ result: Result, _ console: Console) throws {
    if output.json { return console.print(document: try JSON.text(result, pretty: false)) }
    func text(_ eta: Estimate) -> String {
      String(format: "%.4f", eta.mean) + (eta.se.map { String(format: " ± %.4f", $0) } ?? "")
    }
    var line = "\(result.plugin): \(result.verdict)"
    if let eta = result.eta { line += "  η \(text(eta)) (\(eta.metric), \(eta.n) seeds)" }
    if let last = result.lastGood { line += "  the last good one stays: η \(text(last))" }
    console.print(line)
    if !result.message.isEmpty { console.print("  what was seen: \(result.message)") }
    if !result.remedy.isEmpty { console.print("  how to mend it: \(result.remedy)") }
    for warning in result.warnings { console.print("  warning  \(warning)") }
  }
}
