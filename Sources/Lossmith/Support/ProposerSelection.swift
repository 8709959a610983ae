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
  /// How the run that is replayed compared losses; nil for other proposers and for plain files.
  let recordedPlan: SearchPlan?
  /// Of the proposals that learn on the cheap stage, the share that goes on; nil for all.
  private(set) var cheapShare: Double?
  /// How far behind itself a proposal looks, where it need not see the latest verdicts.
  private(set) var lookahead: Int?

  /// - Parameters:
  ///   - named: nil chooses `llm` where an endpoint is set, else the embedded transcript.
  ///   - stored: the proposer's settings in the run that is resumed; empty for a new run.
  ///   - evolveSeed: draws the proposals of `evolve`.
  /// - Throws: `LossmithError`: `usage` for an unknown proposer or an incomplete endpoint,
  ///   `missingFile` or `malformedInput` for a transcript.
  init(
    named: String?, options: EndpointOptions, stored: [String: String] = [:],
    evolveSeed: UInt64 = 0, installation: Installation
  ) throws {
    let plan = try PromptPlan(stored.merging(options.words) { $1 })
    promptFolder =
      options.words["prompts"].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
      ?? stored["prompts"]
    var shown = plan.settings
    shown["prompts"] = promptFolder
    let models =
      named == nil || named == "llm"
      ? try ModelSelection(options, stored: stored, seed: plan.seed) : nil
    let chosen = named ?? (models == nil ? "replay" : "llm")
    if chosen == "llm" {
      guard let models else {
        throw LossmithError(
          .usage, "the proposer llm needs an endpoint", at: "--proposer",
          remedy: "Give --base-url and --model, or set LOSSMITH_BASE_URL and LOSSMITH_MODEL.")
      }
      self.models = models
      self.plan = plan
      recordedPlan = nil
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
      recordedPlan = nil
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
      recordedPlan = nil
      name = "manual"
      settings = shown
      note = "Proposals come from you: each prompt is shown, and your reply is read."
    } else if chosen == "replay" || chosen == "replay:paper" {
      let file = installation.templates
        .appendingPathComponent("transcripts/discopop-appendix-g.jsonl")
      replay = try ReplayProposer(path: file.path)
      lookahead = SearchPlan.usualLookahead
      recordedPlan = nil
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
      let recorded = try run.map { try RunDirectory.read(at: $0).config }
      recordedPlan = recorded?.plan
      cheapShare = recorded?.cheapStage?.share
      lookahead = SearchPlan.usualLookahead
      name = "replay:\(path)"
      settings = [
        "sha256": try run == nil
          ? Self.digest(path)
          : SHA256Digest(of: Data(replay.replies.joined(separator: "\0").utf8)).hex
      ]
      note = "Replaying \(replay.replies.count) proposals of \(path)."
    } else {
      throw LossmithError(
        .usage, "there is no proposer \"\(chosen)\"", at: "--proposer",
        remedy: "Use llm, evolve, manual, replay (the paper's run) or replay:FILE.")
    }
  }

  private static func digest(_ path: String) throws -> String {
    try SHA256Digest(file: URL(fileURLWithPath: path)).hex
  }

  /// Replies of a transcript: no run has more generations.
  var replies: Int? { replay?.replies.count }

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
