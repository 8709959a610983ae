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
      and a key in the environment variable LOSSMITH_API_KEY to let a model propose. The proposer evolve \
      needs no model: it breeds losses from the published ones.

      A proposal goes from the cheap to the costly: build, check, the cheap stage (milliseconds), then \
      the task. One that learns nothing on the cheap stage, by the 95 % interval of its difference to \
      the policy that it starts from, stops there, and so does one that is not among the best part of \
      the latest there (--cheap-share). The others are trained with the first seeds, and the best few of \
      them with the rest at the end.
      """)

  @Option(
    help:
      "The task (default: reviews): \(TaskCatalogue.entries.map(\.name).joined(separator: ", ")).")
  var task: String?
  @Option(
    help: ArgumentHelp(
      "llm, evolve, manual (you paste replies), replay (the paper's run) or replay:FILE.",
      valueName: "proposer"))
  var proposer: String?
  @Option(
    help: """
      Stop after N generations (default: 20 with a model, the whole transcript in a replay); --resume may \
      raise it.
      """)
  var generations: Int?
  @Option(help: "Stop after M minutes (default: 5 with evolve and no --generations).")
  var minutes: Double?
  @Option(help: "Seed that draws the proposals of evolve (default: 0).") var evolveSeed: UInt64?
  @Option(help: "Stop after P generations without a better mean.") var patience: Int?
  @Option(help: "Further tries of a generation whose proposal fails (default: 3).") var resamples:
    Int?
  @Option(help: "Seeds of baselines and finalists (default: 5).") var seeds: Int?
  @Option(
    help: ArgumentHelp(
      "Seeds of every proposal (default: 3, on bandit all).", valueName: "first-seeds"))
  var firstSeeds: Int?
  @Option(help: "Best proposals that get all seeds at the end (default: 3, on bandit all).")
  var finalists: Int?
  @Option(
    help: ArgumentHelp(
      "What a proposal must learn on before the task: bandit (default) or none.",
      valueName: "stage"))
  var cheapStage: String?
  @Option(
    help: ArgumentHelp(
      """
      Of the proposals that learn on the cheap stage, the share that goes on: the best there \
      (default: 1, with evolve 0.25).
      """,
      valueName: "share"))
  var cheapShare: Double?
  @Option(help: "Value of the tunable beta (default: the task's).") var beta: Double?
  @Option(parsing: .upToNextOption, help: "Losses measured first (default: dpo slic ipo kto-pair).")
  var baselines: [String] = []
  @Option(help: "The run's directory (default: runs/<time>-<task>).") var out: String?
  @Option(help: "Continue the run in this directory.") var resume: String?
  @OptionGroup(title: "Models and prompts") var endpoint: EndpointOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var search: SearchOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if resume != nil, out != nil { throw ValidationError("--resume and --out exclude each other.") }
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    if resume != nil, workers.threads != nil {
      throw ValidationError("--resume keeps the threads of its run: leave --threads out.")
    }
    try FlagRange.require("--first-seeds", firstSeeds, in: FlagRange.seeds)
    try FlagRange.require("--finalists", finalists, in: 0...1_000_000)
    try FlagRange.require("--generations", generations, in: 0...1_000_000)
    try FlagRange.require("--minutes", minutes, in: 0...1_000_000)
    try FlagRange.require("--patience", patience, in: 0...1_000_000)
    try FlagRange.require("--resamples", resamples, in: 0...1_000)
    if let cheapStage, !["bandit", "none"].contains(cheapStage) {
      throw ValidationError("--cheap-stage takes bandit or none, not \(cheapStage).")
    }
    if let cheapShare, !(cheapShare > 0 && cheapShare <= 1) {
      throw ValidationError(
        "--cheap-share takes a number above 0 and at most 1, not \(cheapShare).")
    }
    if cheapShare != nil, cheapStage == "none" || task == "bandit" {
      throw ValidationError("--cheap-share needs a cheap stage.")
    }
    if cheapStage == "bandit", task == "bandit" {
      throw ValidationError("The task bandit is cheap itself: give no --cheap-stage.")
    }
  }

  func run() throws {
    let console = output.console()
    try OutputPlace.require(folder: out)
    let library = try PluginLibrary(console: console)
    let installation = library.installation
    let earlier = try earlier()
    let selection = try ProposerSelection(
      named: proposer ?? earlier?.config.proposer, options: endpoint,
      stored: earlier.map { $0.config.proposerSettings(after: $0.state) } ?? [:],
      limits: earlier.map { $0.config.limits(after: $0.state) }, evolveSeed: evolveSeed,
      installation: installation)
    let stored = try resume.map { try open(URL(fileURLWithPath: $0), selection) }
    _ = try promptBook(installation, selection)
    // A run that goes on may need no further reply; a new one needs the first after all its baselines.
    if stored == nil, let note = try selection.probe() { console.note("note: \(note)") }
    let bench =
      (stored?.config ?? selection.recorded).map {
        Workbench(cache: installation.cacheDirectory, settings: $0.settings)
      } ?? library.workbench(threads: workers.threads ?? 1)
    let facts = try prepare(stored?.config.task ?? chosenTask(selection), bench, console)
    let stage = try cheapTask(stored?.config, selection).map { try prepare($0, bench, console) }
    let directory = try stored ?? create(selection, facts, stage, bench)
    let config = directory.config
    if let note = selection.note { console.note(note) }
    for note in facts.task.data?.notes ?? [] { console.note("note: data: \(note)") }
    try require(facts, config.taskDigest, of: config.task, directory)
    if let stage, let cheap = config.cheapStage {
      try require(stage, cheap.taskDigest, of: cheap.task, directory)
    }

    let board = StatusBoard(run: directory.url)
    defer { board.finish() }
    let lock = NSLock()
    func evaluator(_ task: String, bench: Workbench) -> WorkerEvaluator {
      var environment = facts.environment
      environment["reference_eta"] = "\(facts.task.referenceEta)"
      return WorkerEvaluator(
        task: task, tunables: config.tunables, environment: environment, workbench: bench,
        builder: library.builder,
        catalogueNames: library.catalogue.entries.filter { ($0.family ?? .pairwise) == .pairwise }
          .map(\.name.text), beta: facts.task.beta,
        catalogue: { name in try lock.withLock { try library.catalogueLoss(name) } })
    }
    // Each worker has a workbench of its own.
    func ownEvaluator(_ task: String, _ number: Int) -> any CandidateEvaluator {
      let bench = Workbench(cache: installation.cacheDirectory, settings: config.settings)
      return ObservedEvaluator(evaluator(task, bench: bench), number: number, board: board)
    }
    let count = workers.count(threads: bench.threads)
    let pool = WorkerPool(
      (1...count).map { number in
        .init(
          evaluator: ownEvaluator(config.task, number),
          screener: config.cheapStage.map { ownEvaluator($0.task, number) })
      })
    defer { pool.close() }
    let progress = RunProgressPrinter(
      console: console,
      expectedGenerations: moreGenerations ?? earlier?.state.generationLimit ?? config.generations
        ?? selection.replies)
    // The numbers of this program on that machine, whichever run they are for.
    func parts() throws -> DiscoveryRun.Parts {
      var parts = DiscoveryRun.Parts(
        proposer: selection.make(
          endpoint, folder: directory.url, notice: { console.note($0) },
          show: { console.alert($0) }),
        evaluator: PooledEvaluator(pool, desk: evaluator(config.task, bench: bench)),
        screener: config.cheapStage.map {
          PooledEvaluator(pool, desk: evaluator($0.task, bench: bench), isCheap: true)
        },
        prompts: try prompts(installation, config, facts.task, selection),
        observe: {
          board.note($0)
          progress.show($0)
        },
        isInterrupted: { Interruption.isRequested })
      parts.promptPlan = selection.plan
      parts.pool = pool
      parts.prices = selection.prices
      parts.proposerSettings = selection.settings
      return parts
    }
    let run = try DiscoveryRun(
      in: directory, parts: parts(), raise: raise, generations: moreGenerations)
    var outcome = try run.run()
    var rival: RunSummary?
    if config.plan.equalBudget == .bestOfN, outcome.error == nil, outcome.reason.isOrderly {
      if let blind = try DiscoveryRun.rival(of: run, parts: parts()) {
        console.note("As many proposals again, without feedback.")
        let sampled = try blind.run()
        (outcome.error, rival) = (sampled.error, sampled.summary)
        outcome.summary.compare(with: sampled.summary)
      } else {
        console.note("The search has left nothing of the budget for blind sampling.")
      }
    }
    let report = try RunPages.write(directory.url, installation: installation)
    if output.json {
      console.print(document: try JSON.text(outcome.summary))
    } else {
      console.print(outcome.summary.table)
      if let rival, let comparison = outcome.summary.equalBudget {
        console.print("\nBlind sampling:\n" + rival.table + "\n\n" + comparison.table)
      }
      if let course = try? RunPages.course(of: directory.url) { console.print(course) }
      console.print("Report: \(report.path.shownOnOneLine)")
    }
    if let error = outcome.error { throw error }
  }

  /// A recorded run is replayed on its own task, and with its own settings, but for flags.
  private func chosenTask(_ selection: ProposerSelection) -> String {
    task.map(TaskName.resolve) ?? selection.recorded?.task ?? TaskName.resolve("reviews")
  }

  /// The task of the cheap stage: the run's own, or what the flags of a new run say.
  private func cheapTask(_ stored: RunConfig?, _ selection: ProposerSelection) -> String? {
    if let stored { return stored.cheapStage?.task }
    if cheapStage == "none" || chosenTask(selection) == "bandit" { return nil }
    if cheapStage == nil, let recorded = selection.recorded { return recorded.cheapStage?.task }
    return cheapStage ?? "bandit"
  }

  /// Of a new run; a recorded run is replayed with its own.
  private func share(_ selection: ProposerSelection) -> Double? {
    let share = cheapShare ?? selection.cheapShare
    return share == 1 ? nil : share
  }

  /// The facts of a task, whose reference is fitted if it must be; that is shown.
  private func prepare(
    _ task: String, _ bench: Workbench, _ console: Console
  ) throws -> (environment: [String: String], task: TaskFacts) {
    let progress = StagePrinter(console: console)
    do {
      return try bench.taskFacts(task) { progress.show($0.detail, fraction: $0.fraction) }
    } catch var error as LossmithError where error.code == .interrupted {
      error.message = "Interrupted while the task \(task) was prepared."
      error.remedy =
        resume.map { "Continue with `lossmith discover --resume \($0)`." }
        ?? "Nothing was begun yet: give the same command again."
      throw error
    }
  }

  private func require(
    _ facts: (environment: [String: String], task: TaskFacts), _ digest: String, of task: String,
    _ directory: RunDirectory
  ) throws {
    guard facts.task.digest == digest else {
      throw LossmithError(
        .runDirectory, "the task \(task) of this program differs from the one of the run",
        at: directory.url.path, remedy: "Start a new run with --out.")
    }
  }

  /// The run that is resumed, as it was left.
  private func earlier() throws -> (config: RunConfig, state: RunState)? {
    try resume.map {
      let run = try RunDirectory.read(at: URL(fileURLWithPath: $0))
      return (run.config, try RunState.fold(run.events))
    }
  }

  /// Limits that a resumed run gets in place of its own; nil for a new run, which stores them.
  private var raise: Budget? {
    guard resume != nil else { return nil }
    var budget = endpoint.budget ?? Budget()
    budget.minutes = minutes
    return budget.isEmpty ? nil : budget
  }

  /// Generations that a resumed run gets in place of its own; nil for a new run, which stores them.
  private var moreGenerations: Int? { resume == nil ? nil : generations }

  private func create(
    _ selection: ProposerSelection,
    _ facts: (environment: [String: String], task: TaskFacts),
    _ stage: (environment: [String: String], task: TaskFacts)?, _ bench: Workbench
  ) throws -> RunDirectory {
    try search.requireFrontier(of: facts.task, finalists: finalists)
    let folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let url =
      out.map { URL(fileURLWithPath: $0) }
      ?? RunDirectory.defaultURL(task: facts.task.name, under: folder)
    let recorded = selection.recorded
    let task = chosenTask(selection)
    var tunables = recorded?.tunables ?? [:]
    tunables["beta"] = beta ?? tunables["beta"]
    let count = seeds ?? recorded?.seeds.count ?? 5
    let usual = recorded.map { $0.candidateSeeds.count } ?? (task == "bandit" ? count : 3)
    let first = min(count, firstSeeds ?? usual)
    let usualFinalists =
      recorded.map(\.finalists) ?? (first < count || search.confirmSeeds != 0 ? 3 : nil)
    let usualBaselines = recorded?.baselines ?? ["dpo", "slic", "ipo", "kto-pair"]
    var config = RunConfig(
      task: task, taskTitle: facts.task.name, data: facts.task.data,
      taskDigest: facts.task.digest, metric: facts.task.metric,
      seeds: (0..<UInt64(count)).map { $0 }, firstSeeds: first < count ? first : nil,
      finalists: finalists ?? usualFinalists,
      cheapStage: stage.map {
        CheapStage(
          task: $0.task.name, taskDigest: $0.task.digest, metric: $0.task.metric,
          seeds: [0, 1, 2, 3, 4], reference: $0.task.referenceEta, share: share(selection))
      },
      baselines: baselines.isEmpty ? usualBaselines : baselines,
      proposer: selection.name, proposerSettings: selection.settings,
      generations: generations ?? recorded?.generations ?? selection.defaultGenerations,
      minutes: minutes ?? (generations == nil ? selection.defaultMinutes : nil),
      budget: endpoint.budget, patience: patience ?? recorded?.patience,
      resamples: resamples ?? recorded?.resamples ?? 3, breaker: recorded?.breaker ?? 10,
      tunables: tunables, settings: bench.recordedSettings)
    config.search = search.plan(
      seeds: count, task: facts.task, proposer: selection.name, recorded: selection.recordedPlan)
    config.search?.lookahead = selection.lookahead
    return try RunDirectory.create(at: url, config: config)
  }

  private func open(_ url: URL, _ selection: ProposerSelection) throws -> RunDirectory {
    var flags = RunFlags()
    flags.task = task.map(TaskName.resolve)
    flags.seeds = seeds.map { (0..<UInt64($0)).map { $0 } }
    flags.firstSeeds = firstSeeds
    flags.finalists = finalists
    flags.cheapStage = cheapStage
    flags.cheapShare = cheapShare
    flags.baselines = baselines.isEmpty ? nil : baselines
    flags.proposer = proposer == nil ? nil : selection.name
    flags.proposerSettings = selection.settings
    // One model has no rule; of several it is the usual one, unless a flag says else.
    if endpoint.ensemble == nil { flags.proposerSettings["ensemble"] = nil }
    for name in endpoint.words.keys where selection.settings[name] == nil {
      // The flag takes back what the run was started with.
      flags.proposerSettings[name] = endpoint.words[name]
    }
    flags.patience = patience
    flags.resamples = resamples
    flags.search = search.described
    flags.tunables = beta.map { ["beta": $0] }
    return try RunDirectory.resume(at: url, flags: flags)
  }

  private func prompts(
    _ installation: Installation, _ config: RunConfig, _ task: TaskFacts,
    _ selection: ProposerSelection
  ) throws -> TemplatePrompts {
    let manual = installation.resourceRoot.appendingPathComponent("docs/losskit.md")
    guard let text = try? String(contentsOf: manual, encoding: .utf8) else {
      throw LossmithError(
        .missingFile, "LossKit's manual cannot be read", at: manual.path,
        remedy: "Restore the folder docs of the source tree or the installation.")
    }
    var facts = SystemPrompt(
      manual: text, task: task.name, taskDescription: task.summary, metric: task.metric,
      metricDescription: task.metricDescription,
      seeds: config.candidateSeeds.count, beta: config.tunables["beta"] ?? task.beta,
      resamples: config.resamples, cheapStage: config.cheapStage?.task)
    facts.tunes = !config.plan.tuning.isEmpty
    facts.isBetaSet = config.tunables["beta"] != nil
    return TemplatePrompts(
      book: try promptBook(installation, selection), facts: facts)
  }

  private func promptBook(
    _ installation: Installation, _ selection: ProposerSelection
  ) throws(LossmithError) -> PromptBook {
    try PromptBook(
      directory: selection.promptFolder
        ?? installation.templates.appendingPathComponent("prompts").path,
      hidden: selection.plan.hidden)
  }
}
