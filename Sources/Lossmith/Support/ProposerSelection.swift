import Discovery
import Foundation
import Host
import Losses

/// Which proposer a command line asks for.
struct ProposerSelection {
  /// As stored in the run: `llm`, `evolve`, `replay`, `replay:/path`.
  let name: String
  /// What else decides the proposals; no secrets.
  let settings: [String: String]
  /// What a person should know before the run begins.
  let note: String?
  let defaultGenerations: Int?
  /// Of a run that is given neither generations nor minutes; nil for a proposer that ends by itself.
  private(set) var defaultMinutes: Double?
  /// What of the run a request shows.
  private(set) var plan = PromptPlan()
  /// Folder of the prompt templates; nil for the installation's.
  private(set) var promptFolder: String?
  private var evolution: EvolveProposer?
  private var models: ModelSelection?
  private var isManual = false
  private let replay: ReplayProposer?
  /// Of the run that is replayed; nil for other proposers and for plain files.
  var recorded: RunConfig? { replay?.config }
  /// How the run that is replayed compared losses; nil for other proposers and for plain files.
  var recordedPlan: SearchPlan? { recorded?.plan }
  /// Of the proposals that learn on the cheap stage, the share that goes on; nil for all.
  private(set) var cheapShare: Double?
  /// How far behind itself a proposal looks, where it need not see the latest verdicts.
  private(set) var lookahead: Int?

  /// - Parameters:
  ///   - named: nil chooses `llm` where an endpoint is set, else the embedded transcript.
  ///   - stored: the proposer's settings in the run that is resumed; empty for a new run.
  ///   - limits: what that run may spend; nil for a new run.
  ///   - evolveSeed: draws the proposals of `evolve`; nil for what the run has, or 0.
  /// - Throws: `LossmithError`: `usage` for an unknown proposer, an incomplete endpoint, or a flag that
  ///   the proposer has no use for; `missingFile` or `malformedInput` for a transcript.
  init(
    named: String?, options: EndpointOptions, stored: [String: String] = [:],
    limits: Budget? = nil, evolveSeed: UInt64? = nil, installation: Installation
  ) throws {
    let plan = try PromptPlan(stored.merging(options.words) { $1 })
    promptFolder =
      options.words["prompts"].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
      ?? stored["prompts"]
    var shown = plan.settings
    shown["prompts"] = promptFolder
    let models =
      named == nil || named == "llm"
      ? try ModelSelection(options, stored: stored, limits: limits, seed: plan.seed) : nil
    let chosen = named ?? (models == nil ? "replay" : "llm")
    try Self.refuseIdle(options, evolveSeed, of: chosen, isNamed: named != nil)
    if chosen == "llm" {
      guard let models else {
        throw LossmithError(
          .usage, "the proposer llm needs an endpoint", at: "--proposer",
          remedy: "Give --base-url and --model, or set LOSSMITH_BASE_URL and LOSSMITH_MODEL.")
      }
      self.models = models
      self.plan = plan
      replay = nil
      name = "llm"
      settings = models.settings.merging(shown) { $1 }
      note = models.note
      defaultGenerations = 20
      return
    }
    defaultGenerations = nil
    if chosen == "evolve" {
      replay = nil
      let evolveSeed = evolveSeed ?? stored["seed"].flatMap { UInt64($0) } ?? 0
      evolution = EvolveProposer(seed: evolveSeed)
      (cheapShare, lookahead) = (0.25, SearchPlan.usualLookahead)
      name = "evolve"
      settings = ["seed": "\(evolveSeed)"]
      defaultMinutes = 5
      note = "Proposals are bred from the published losses; no model is asked."
    } else if chosen == "manual" {
      isManual = true
      self.plan = plan
      replay = nil
      name = "manual"
      settings = shown
      note = "Proposals come from you: each prompt is shown, and your reply is read."
    } else if chosen == "replay" || chosen == "replay:paper" {
      let file = installation.templates
        .appendingPathComponent("transcripts/discopop-appendix-g.jsonl")
      replay = try ReplayProposer(path: file.path)
      lookahead = SearchPlan.usualLookahead
      name = "replay"
      settings = ["transcript": "discopop-appendix-g", "sha256": try Self.digest(file.path)]
      note =
        named == nil
        ? "No endpoint is set: replaying the 18 proposals of the published DiscoPOP run."
        : "Replaying the 18 proposals of the published DiscoPOP run."
    } else if chosen.hasPrefix("replay:") {
      let path = URL(fileURLWithPath: String(chosen.dropFirst("replay:".count)))
        .standardizedFileURL.path
      let run = ReplayProposer.isRun(path) ? URL(fileURLWithPath: path) : nil
      let replay = try run.map { try ReplayProposer(run: $0) } ?? ReplayProposer(path: path)
      self.replay = replay
      cheapShare = replay.config?.cheapStage?.share
      lookahead = SearchPlan.usualLookahead
      if let recorded = replay.config {
        // What prompts show decides slopes and feedback, which the journal has.
        let settings = stored.isEmpty ? recorded.proposerSettings : stored
        self.plan = try PromptPlan(settings)
        promptFolder = settings["prompts"]
      }
      name = "replay:\(path)"
      var settings = [
        "sha256": try run == nil
          ? Self.digest(path)
          : SHA256Digest(of: Data(replay.replies.joined(separator: "\0").utf8)).hex
      ]
      if run != nil {
        settings.merge(self.plan.settings) { $1 }
        settings["prompts"] = promptFolder
      }
      self.settings = settings
      note =
        "Replaying \(replay.replies.count) proposals of \(path)"
        + (run == nil ? "." : ", with the task and the settings of that run unless flags say else.")
    } else {
      throw LossmithError(
        .usage, "there is no proposer \"\(chosen)\"", at: "--proposer",
        remedy: "Use llm, evolve, manual, replay (the paper's run) or replay:FILE.")
    }
  }

  /// Flags that the proposer would pass over in silence are refused.
  private static func refuseIdle(
    _ options: EndpointOptions, _ evolveSeed: UInt64?, of proposer: String, isNamed: Bool
  ) throws {
    var idle: [String] = []
    if proposer != "llm" { idle += options.flagsOfEndpoint }
    if proposer != "llm", proposer != "manual" { idle += options.flagsOfPrompts }
    if proposer == "manual", options.curveImages { idle.append("--curve-images") }
    if evolveSeed != nil, proposer != "evolve" { idle.append("--evolve-seed") }
    guard let first = idle.first else { return }
    let flags = idle.joined(separator: ", ")
    throw LossmithError(
      .usage, "The proposer \(proposer) has no use for \(flags).", at: first,
      remedy: isNamed
        ? "Leave \(idle.count == 1 ? "it" : "them") out, or choose another proposer."
        : "Name an endpoint with --base-url and --model, or leave \(idle.count == 1 ? "it" : "them")"
          + " out: without an endpoint a recorded run is replayed.")
  }

  private static func digest(_ path: String) throws -> String {
    try SHA256Digest(file: URL(fileURLWithPath: path)).hex
  }

  /// What the models cost; nil where none is asked or nobody knows.
  var prices: PriceBook? { models?.prices }

  /// Replies of a transcript: no run has more generations.
  var replies: Int? { replay?.replies.count }

  /// Looks whether a model can be asked, where one is to be, before anything is done for it.
  ///
  /// - Returns: what a person should know; else nil.
  /// - Throws: `LossmithError`: `endpoint`, `interrupted`.
  func probe() throws(LossmithError) -> String? {
    guard let models else { return nil }
    return try EndpointProbe(
      models.endpoint, models: models.ensemble.arms.map(\.model),
      shouldAbort: { Interruption.isRequested }
    ).check()
  }

  /// The proposer itself.
  ///
  /// - Parameters:
  ///   - folder: the run's directory.
  ///   - show: takes what a person must see, quiet or not.
  func make(
    _ options: EndpointOptions, folder: URL, notice: @escaping (String) -> Void,
    show: @escaping (String) -> Void
  ) -> any Proposer {
    if let models {
      var retry = RetryPolicy()
      if let retries = options.retries { retry.retries = retries }
      if let seconds = options.timeout { retry.total = seconds }
      let proposer = LLMProposer(
        endpoint: models.endpoint, ensemble: models.ensemble, prices: models.prices, retry: retry,
        shouldAbort: { Interruption.isRequested })
      proposer.notice = notice
      return proposer
    }
    if isManual {
      return ManualProposer(
        folder: folder, show: show, shouldAbort: { Interruption.isRequested })
    }
    if let evolution { return evolution }
    guard let replay else { preconditionFailure("a selection has a proposer") }
    return replay
  }
}
