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
  private var evolution: EvolveProposer?
  private let endpoint: ChatEndpoint?
  private let replay: ReplayProposer?
  /// How the run that is replayed compared losses; nil for other proposers and for plain files.
  let recordedPlan: SearchPlan?

  /// - Parameters:
  ///   - named: nil chooses `llm` where an endpoint is set, else the embedded transcript.
  ///   - evolveSeed: draws the proposals of `evolve`.
  /// - Throws: `LossmithError`: `usage` for an unknown proposer or an incomplete endpoint,
  ///   `missingFile` or `malformedInput` for a transcript.
  init(
    named: String?, baseURL: String?, model: String?, keyVariable: String?,
    evolveSeed: UInt64 = 0, installation: Installation
  ) throws {
    let endpoint = try ChatEndpoint.configured(
      baseURL: baseURL, model: model, keyVariable: keyVariable,
      environment: ProcessInfo.processInfo.environment)
    let chosen = named ?? (endpoint == nil ? "replay" : "llm")
    if chosen == "llm" {
      guard let endpoint else {
        throw LossmithError(
          .usage, "the proposer llm needs an endpoint", at: "--proposer",
          remedy: "Give --base-url and --model, or set LOSSMITH_BASE_URL and LOSSMITH_MODEL.")
      }
      self.endpoint = endpoint
      recordedPlan = nil
      replay = nil
      name = "llm"
      settings = endpoint.settings
      note = "Proposals come from \(endpoint.model) at \(endpoint.baseURL.shown)."
      defaultGenerations = 20
      return
    }
    self.endpoint = nil
    defaultGenerations = nil
    if chosen == "evolve" {
      replay = nil
      recordedPlan = nil
      evolution = EvolveProposer(seed: evolveSeed)
      name = "evolve"
      settings = ["seed": "\(evolveSeed)"]
      defaultMinutes = 5
      note = "Proposals are bred from the published losses; no model is asked."
    } else if chosen == "replay" || chosen == "replay:paper" {
      let file = installation.templates
        .appendingPathComponent("transcripts/discopop-appendix-g.jsonl")
      replay = try ReplayProposer(path: file.path)
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
      recordedPlan = try run.map { try RunDirectory.read(at: $0).config.plan }
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
        remedy: "Use llm, evolve, replay (the paper's run) or replay:FILE.")
    }
  }

  private static func digest(_ path: String) throws -> String {
    try SHA256Digest(file: URL(fileURLWithPath: path)).hex
  }

  /// Replies of a transcript: no run has more generations.
  var replies: Int? { replay?.replies.count }

  /// The proposer itself.
  func make(retries: Int?, notice: @escaping (String) -> Void) -> any Proposer {
    if let endpoint {
      let proposer = LLMProposer(
        endpoint: endpoint, retry: retries.map { RetryPolicy(retries: $0) } ?? RetryPolicy(),
        shouldAbort: { Interruption.isRequested })
      proposer.notice = notice
      return proposer
    }
    if let evolution { return evolution }
    guard let replay else { preconditionFailure("a selection has one of three proposers") }
    return replay
  }
}
