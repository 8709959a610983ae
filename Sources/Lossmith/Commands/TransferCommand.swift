import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

/// Whether a loss is any good elsewhere.
struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "Takes losses to other tasks and tells where they still beat DPO.",
    discussion: """
      Every loss is trained on every task beside DPO, with the same seeds and the task's own β. Where \
      completions are judged, DPO is trained at several β too, and the verdict is at equal KL. With five \
      losses or more and two tasks the rank correlation of η between tasks is told, with a scatter \
      picture. Losses with equal gradients count once. Every training that ends is recorded; --resume goes \
      on after a stop, and writes tables, page and pictures anew.
      """)

  @Argument(
    help:
      "Catalogue names, .so, source files or folders; with --from names or numbers of proposals.")
  var losses: [String] = []
  @Option(help: "A run of lossmith discover: the losses are its proposals.", completion: .directory)
  var from: String?
  @Flag(help: "Take every loss of the catalogue.") var catalogue = false
  @Option(help: "Tasks with commas: bandit,reviews,imdb or task files.") var to: String?
  @Option(help: "Seeds of each task with commas, or one number for all (default: 3).")
  var seeds: String?
  @Option(help: "Values of β of DPO's frontier, with commas (default: 0.02 to 2.5, seven of them).")
  var frontier: String?
  @Flag(help: "Compare nothing at equal KL: DPO is trained at each task's own β alone.")
  var noFrontier = false
  @Option(help: "A YAML file with losses, tasks and frontier, instead of naming them.")
  var plan: String?
  @Option(help: "The folder of the transfer (default: runs/transfer-<time>).") var out: String?
  @Option(help: "Go on with the transfer in this folder.") var resume: String?
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    let isNamed =
      !losses.isEmpty || from != nil || catalogue || to != nil || seeds != nil || frontier != nil
      || noFrontier
    if plan != nil || resume != nil {
      if isNamed || (plan != nil && resume != nil) {
        throw ValidationError(
          "A plan or a transfer to resume says losses and tasks: name them there, not here as well."
        )
      }
      if resume != nil, out != nil {
        throw ValidationError("--resume goes on in its own folder: leave --out out.")
      }
      if resume != nil, workers.threads != nil {
        throw ValidationError("--resume keeps the threads of its transfer: leave --threads out.")
      }
      return
    }
    if losses.isEmpty && !catalogue {
      throw ValidationError("Name at least one loss, or give --catalogue, --plan or --resume.")
    }
    if to == nil { throw ValidationError("Say where to: --to bandit,reviews,imdb.") }
    if from != nil, catalogue {
      throw ValidationError("--from takes proposals of a run: leave --catalogue out.")
    }
    if noFrontier, frontier != nil {
      throw ValidationError("--frontier and --no-frontier exclude each other.")
    }
  }

  func run() throws {
    let console = output.console()
    try OutputPlace.require(folder: out)
    let library = try PluginLibrary(console: console)
    let stored = try resume.map { try TransferFolder.open(URL(fileURLWithPath: $0)) }
    let bench = library.workbench(threads: stored?.plan.threads ?? workers.threads ?? 1)
    var found = TransferLosses(library: library, console: console)
    let folder: TransferFolder
    var environments: [TaskPreparation] = []
    if let stored {
      folder = stored
      try found.add(folder.plan, of: folder.url)
    } else {
      (folder, environments) = try begin(&found, bench, console)
    }
    let trained = try TransferTrainer(
      folder: folder, losses: found, bench: bench,
      cache: library.installation.cacheDirectory, workers: workers, console: console)
    try trained.run(prepared: environments)
    let summary = TransferSummary(
      folder.plan, records: try folder.records(), totals: trained.totals)
    try TransferPages.write(summary, to: folder.url, installation: library.installation)
    if output.json {
      console.print(document: try JSON.text(summary))
    } else {
      console.print(summary.table)
      let place = folder.url.path.shownOnOneLine
      console.print("Numbers: \(place)/transfer.csv")
      console.print("Page: \(place)/\(TransferPages.pageName)")
    }
    let failed = summary.tasks.contains { $0.rows.contains { $0.call == .failed } }
    // Of a whole catalogue some losses want data that a task does not have: that is no failure of the
    // person who asked.
    let isCatalogue = folder.plan.losses.count > 20
    if found.hasRejected || (failed && !isCatalogue) { throw ExitStatus.candidate }
  }

  /// Finds losses and tasks, and makes the folder.
  private func begin(
    _ found: inout TransferLosses, _ bench: Workbench, _ console: Console
  ) throws -> (TransferFolder, [TaskPreparation]) {
    var file: TransferPlanFile?
    if let plan { file = try TransferPlanFile(plan) }
    let run = from.map { URL(fileURLWithPath: $0) }
    // What cannot be used at all is refused before a task is prepared, which may take long.
    for loss in file?.losses ?? losses { try found.requireReadable(loss, from: run) }
    let wanted = try file?.tasks ?? self.tasks()
    var tasks: [TransferPlan.Task] = []
    var prepared: [TaskPreparation] = []
    let preparation = StagePrinter(console: console)
    for (name, seeds) in wanted {
      let resolved = TaskName.resolve(name)
      let facts = try bench.taskFacts(resolved) { update in
        preparation.show("\(TaskName.short(name)): \(update.detail)", fraction: update.fraction)
      }
      for note in facts.task.data?.notes ?? [] {
        console.note("note: \(facts.task.name): data: \(note)")
      }
      // Two files may describe a task of the same name.
      let short = TaskName.short(name)
      let title = [facts.task.name, short, "\(short) \(tasks.count + 1)"].first { title in
        !tasks.contains { $0.name == title }
      }
      prepared.append(.init(environment: facts.environment, facts: facts.task))
      tasks.append(
        .init(
          task: resolved, seeds: seeds, name: title ?? resolved, metric: facts.task.metric,
          beta: facts.task.beta, klCap: facts.task.klCap))
    }
    try found.add("dpo", from: nil)
    for loss in file?.losses ?? losses { try found.add(loss, from: run) }
    if file?.isCatalogue ?? catalogue {
      for entry in found.library.catalogue.entries { try found.add(entry.name.text, from: nil) }
    }
    try found.keepDistinct(bench, beta: tasks[0].beta, isCatalogue: file?.isCatalogue ?? catalogue)
    guard found.found.contains(where: { $0.loss.name == "dpo" }), found.found.count > 1 else {
      console.alert("No loss is left to compare with DPO.")
      throw ExitStatus.candidate
    }
    var plan = try TransferPlan(
      losses: found.found.map(\.loss), tasks: tasks,
      frontier: noFrontier ? [] : try file?.frontier ?? betas() ?? TransferPlan.defaultFrontier)
    plan.dropped = found.dropped
    plan.threads = bench.threads
    let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let url =
      out.map { URL(fileURLWithPath: $0) }
      ?? RunDirectory.defaultURL(task: "transfer", under: current)
    return (try TransferFolder.create(in: url, plan: plan), prepared)
  }

  private func tasks() throws -> [(task: String, seeds: Int)] {
    let names = (to ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let numbers = try (seeds ?? "3").split(separator: ",").map { part in
      guard let number = Int(part.trimmingCharacters(in: .whitespaces)), (1...1000).contains(number)
      else {
        throw LossmithError(
          .usage, "\"\(part)\" is no number of seeds from 1 to 1000.", at: "--seeds",
          remedy: "Write --seeds 3, or one number for each task: --seeds 5,3,1.")
      }
      return number
    }
    guard !names.isEmpty, numbers.count == 1 || numbers.count == names.count else {
      throw LossmithError(
        .usage, "\(numbers.count) numbers of seeds do not fit \(names.count) tasks.",
        at: "--seeds", remedy: "Give one number, or one for each task.")
    }
    return names.enumerated().map { ($1, numbers.count == 1 ? numbers[0] : numbers[$0]) }
  }

  private func betas() throws -> [Double]? {
    try frontier.map { text in
      try text.split(separator: ",").map { part in
        guard let value = Double(part.trimmingCharacters(in: .whitespaces)) else {
          throw LossmithError(
            .usage, "\"\(part)\" is no number.", at: "--frontier",
            remedy: "Write --frontier 0.02,0.05,0.1,0.2,0.5.")
        }
        return value
      }
    }
  }
}
