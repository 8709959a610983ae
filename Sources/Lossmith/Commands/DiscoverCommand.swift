import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

struct DiscoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discover",
    abstract: "Searches for losses: propose, build, check, train, measure η, feed it back.",
    discussion: """
      Without an endpoint a recorded transcript is replayed: the 18 proposals of the published \
      DiscoPOP run. Set an endpoint with --base-url and --model (or LOSSMITH_BASE_URL, LOSSMITH_MODEL) \
      and a key in the environment variable LOSSMITH_API_KEY to let a model propose.
      """)

  @Option(
    help:
      "The task (default: bandit): \(TaskCatalogue.entries.map(\.name).joined(separator: ", ")).")
  var task: String?
  @Option(
    help: ArgumentHelp(
      "llm, replay (the embedded transcript) or replay:FILE.", valueName: "proposer"))
  var proposer: String?
  @Option(
    help: "Stop after N generations (default: 20 with a model, the whole transcript in a replay).")
  var generations: Int?
  @Option(help: "Stop after M minutes.") var minutes: Double?
  @Option(help: "Stop after P generations without a better mean.") var patience: Int?
  @Option(help: "Further tries of a generation whose proposal fails (default: 3).") var resamples:
    Int?
  @Option(help: "Seeds of each η (default: 5).") var seeds: Int?
  @Option(help: "Value of the tunable beta (default: the task's).") var beta: Double?
  @Option(parsing: .upToNextOption, help: "Losses measured first (default: dpo slic ipo kto-pair).")
  var baselines: [String] = []
  @Option(help: "The run's directory (default: runs/<time>-<task>).") var out: String?
  @Option(help: "Continue the run in this directory.") var resume: String?
  @Option(help: "Base URL of an OpenAI-compatible chat endpoint.") var baseUrl: String?
  @Option(help: "The model's name at the endpoint.") var model: String?
  @Option(help: "Retries of a request that fails in passing, with growing waits (default: 5).")
  var retries: Int?
  @Option(
    help: "Environment variable that holds the key (default: LOSSMITH_API_KEY, OPENAI_API_KEY).")
  var keyVariable: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if resume != nil, out != nil { throw ValidationError("--resume and --out exclude each other.") }
    if let retries, retries < 0 {
      throw ValidationError("--retries takes a number from 0, not \(retries).")
    }
    if let seeds, seeds < 1 {
      throw ValidationError("--seeds takes a number from 1, not \(seeds).")
    }
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let installation = library.installation
    let selection = try ProposerSelection(
      named: proposer ?? (try storedProposer()), baseURL: baseUrl, model: model,
      keyVariable: keyVariable, installation: installation)
    let stored = try resume.map { try open(URL(fileURLWithPath: $0), selection) }
    let bench = Workbench(
      cache: installation.cacheDirectory, settings: stored?.config.settings ?? [:])
    let facts = try bench.taskFacts(
      stored?.config.task ?? TaskName.resolve(task ?? "bandit")
    ) { progress in
      console.live("\(progress.stage) \(progress.detail)")
    }
    let directory = try stored ?? create(selection, facts.task, bench)
    let config = directory.config
    if let note = selection.note { console.note(note) }
    guard facts.task.digest == config.taskDigest else {
      throw LossmithError(
        .runDirectory, "the task \(config.task) of this program differs from the one of the run",
        at: directory.url.path, remedy: "Start a new run with --out.")
    }

    var environment = facts.environment
    environment["reference_eta"] = "\(facts.task.referenceEta)"
    let evaluator = WorkerEvaluator(
      task: config.task, tunables: config.tunables, environment: environment, workbench: bench,
      builder: library.builder, catalogue: library.catalogueLoss)
    let progress = RunProgressPrinter(
      console: console, expectedGenerations: config.generations ?? selection.replies)
    let parts = DiscoveryRun.Parts(
      proposer: selection.make(retries: retries, notice: { console.note($0) }),
      evaluator: evaluator, prompts: try prompts(installation, config, facts.task),
      observe: progress.show,
      isInterrupted: { Interruption.isRequested })
    let outcome = try DiscoveryRun(in: directory, parts: parts).run()
    let report = try RunPages.write(directory.url, installation: installation)
    if output.json {
      console.print(try JSON.text(outcome.summary))
    } else {
      console.print(outcome.summary.table)
      console.print("Report: \(report.path)")
    }
    if let error = outcome.error { throw error }
  }

  private func storedProposer() throws -> String? {
    try resume.map { try RunDirectory.read(at: URL(fileURLWithPath: $0)).config.proposer }
  }

  private func create(
    _ selection: ProposerSelection, _ facts: TaskFacts, _ bench: Workbench
  ) throws -> RunDirectory {
    let folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let url =
      out.map { URL(fileURLWithPath: $0) }
      ?? RunDirectory.defaultURL(task: facts.name, under: folder)
    var tunables: [String: Double] = [:]
    tunables["beta"] = beta
    let config = RunConfig(
      task: TaskName.resolve(task ?? "bandit"), taskDigest: facts.digest, metric: facts.metric,
      seeds: (0..<UInt64(seeds ?? 5)).map { $0 },
      baselines: baselines.isEmpty ? ["dpo", "slic", "ipo", "kto-pair"] : baselines,
      proposer: selection.name, proposerSettings: selection.settings,
      generations: generations ?? selection.defaultGenerations, minutes: minutes,
      patience: patience, resamples: resamples ?? 3, tunables: tunables,
      settings: bench.recordedSettings)
    return try RunDirectory.create(at: url, config: config)
  }

  private func open(_ url: URL, _ selection: ProposerSelection) throws -> RunDirectory {
    var flags = RunFlags()
    flags.task = task.map(TaskName.resolve)
    flags.seeds = seeds.map { (0..<UInt64($0)).map { $0 } }
    flags.baselines = baselines.isEmpty ? nil : baselines
    flags.proposer = proposer == nil ? nil : selection.name
    flags.proposerSettings = selection.settings
    flags.generations = generations
    flags.minutes = minutes
    flags.patience = patience
    flags.resamples = resamples
    flags.tunables = beta.map { ["beta": $0] }
    return try RunDirectory.resume(at: url, flags: flags)
  }

  private func prompts(
    _ installation: Installation, _ config: RunConfig, _ task: TaskFacts
  ) throws -> TemplatePrompts {
    let manual = installation.resourceRoot.appendingPathComponent("docs/losskit.md")
    guard let text = try? String(contentsOf: manual, encoding: .utf8) else {
      throw LossmithError(
        .missingFile, "LossKit's manual cannot be read", at: manual.path,
        remedy: "Restore the folder docs of the source tree or the installation.")
    }
    let facts = SystemPrompt(
      manual: text, task: task.name, taskDescription: task.summary, metric: task.metric,
      metricDescription: task.metricDescription, seeds: config.seeds.count,
      beta: config.tunables["beta"] ?? task.beta, resamples: config.resamples)
    return TemplatePrompts(
      book: try PromptBook(
        directory: installation.templates.appendingPathComponent("prompts").path),
      facts: facts)
  }
}
