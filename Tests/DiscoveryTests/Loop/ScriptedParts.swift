import Foundation
import Host
import Losses
import Policy
import Synchronization

@testable import Discovery

/// Replies from a list, by the index of the request, so that a resumed run gets the same ones.
final class ScriptedProposer: Proposer {
  let kind = "script"
  let replies: [String]
  var canBeAskedAhead = false
  /// Indexes that were asked for, in order.
  private(set) var asked: [Int] = []
  /// Requests as they came.
  private(set) var requests: [ProposalRequest] = []
  /// Adds to each reply what an endpoint would.
  var book: (inout ProposalReply) -> Void = { _ in }
  /// Thrown once each when its index is asked for.
  var errors: [Int: LossmithError] = [:]
  /// Requests that fail before each reply, as at an endpoint.
  var attempts: [JournalEvent.Attempt] = []
  /// Must not come with what a reply is read as.
  var secret: String?

  func redacted(_ text: String) -> String {
    secret.map { text.replacingOccurrences(of: $0, with: "[key]") } ?? text
  }

  init(_ replies: [String]) { self.replies = replies }

  func propose(_ request: ProposalRequest, log: RequestLog) throws -> ProposalReply? {
    for attempt in attempts {
      try log.begins()
      try log.failed(attempt)
    }
    if !attempts.isEmpty { try log.begins() }
    return try propose(request)
  }

  func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    asked.append(request.index)
    requests.append(request)
    if let error = errors.removeValue(forKey: request.index) { throw error }
    guard request.index < replies.count else { return nil }
    var reply = ProposalReply(
      text: replies[request.index], source: "script", promptTokens: 10, completionTokens: 3)
    reply.basis = request.basis
    book(&reply)
    return reply
  }
}

/// Does what the code says: `eta 0.7`, `compile`, `check shape`, `crash`, `fault 1` …
///
/// `wobble 0.05 0.7` swings about 0.7 from seed to seed; `best 0.05 0.7` has that at β = 0.05 and less
/// elsewhere. What stands behind a hash, ` #1,2`, is the gradient.
///
/// What stands after a bar is for the cheap stage, where code without one has η 0.6; what stands after a
/// second bar is for further seeds, where code without one does what it did before.
final class ScriptedEvaluator: CandidateEvaluator {
  var environment = ["cpu": "test"]
  let scratch: URL
  /// Whether this one trains on the cheap stage.
  var isCheap = false
  private(set) var builds: [String] = []
  /// Candidates and baselines whose evaluation began, in order.
  private(set) var evaluations: [String] = []
  /// Faults still to be thrown by name.
  private var faults: [String: Int] = [:]
  var baselines: [String: Double] = ["dpo": 0.6, "slic": 0.58, "ipo": 0.55, "kto-pair": 0.5]
  var baselineFinding: [String: Finding] = [:]
  var referenceHash = "ref"
  /// Of every seed.
  var curve: LearningCurve?
  /// KL by name; 1 for others.
  var kls: [String: Double] = [:]
  /// What became of a frontier, where not all is well; and how many policies it has.
  var frontierFinding: Finding?
  var frontierPoints = 5
  /// Signs of the slope, by name.
  var slopes: [String: String] = [:]
  /// Called when an evaluation begins.
  var onEvaluation: (String) -> Void = { _ in }

  init(scratch: URL) { self.scratch = scratch }

  var catalogueNames: [String] = ["exp"]
  /// Gradients of the catalogue's losses.
  var gradients: [String: [Double]] = ["dpo": [1, 2], "slic": [2, 1], "exp": [3, 1]]

  func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    try losses.map { loss, name in
      var gradient = gradients[name]
      if case .library(let file) = loss {
        let parts = try String(contentsOf: file, encoding: .utf8).split(separator: "#")
        gradient =
          parts.count > 1 ? parts[1].split(separator: ",").compactMap { Double($0) } : nil
      }
      return .init(
        name: name,
        fingerprint: gradient.map { .init(family: "pairwise", probes: [$0, $0]) },
        tunables: [.init(name: "beta", minimum: 0.001, maximum: 1, initial: 0.1)])
    }
  }

  /// What was asked for beyond the ordinary, in order.
  private(set) var requests: [EvaluationRequest] = []
  private var beta = 0.1
  private var metric: String?
  private var measuresUntold = false

  func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    requests.append(request)
    if request.metric == "frontier", let frontierFinding {
      return EvaluationRecord(
        plugin: request.name, finding: frontierFinding, referenceHash: referenceHash, seeds: [],
        seconds: 1)
    }
    beta = request.tunables["beta"] ?? 0.1
    metric = request.metric
    measuresUntold = request.measuresUntold
    defer { (beta, metric, measuresUntold) = (0.1, nil, false) }
    switch request.loss {
    case .library(let file):
      return try evaluate(
        library: file, name: request.name, seeds: request.seeds, progress: progress)
    case .baseline:
      return try evaluate(baseline: request.name, seeds: request.seeds, progress: progress)
    }
  }

  func slopes(library: URL, name: String) -> String { slopes[name] ?? SlopeSigns.unknown }
  func slopes(baseline name: String) -> String { slopes[name] ?? SlopeSigns.unknown }

  func text(ofBaseline name: String) -> BaselineText {
    BaselineText(summary: "The \(name) loss.", code: "// \(name)")
  }

  func build(_ proposal: Proposal, name: String, progress: (String) throws -> Void) throws
    -> BuildResult
  {
    builds.append(name)
    try progress("compiling")
    switch proposal.code.split(separator: " ").first {
    case "lint": return .refused(Finding(.rejected(.lint), "Lint.", remedy: "Tidy up."))
    case "compile":
      return .refused(Finding(.rejected(.compile), "line 1: no.", remedy: "Write Swift."))
    case "gate": return .refused(Finding(.rejected(.gate), "Imports fork.", remedy: "Do not."))
    case "buildfault": try fault(name, proposal.code)
    case "buildstorage":
      throw LossmithError(.storage, "The disk is full.", at: scratch.path)
    default: break
    }
    let file = scratch.appending(path: UUID().uuidString)
    try Data(proposal.code.utf8).write(to: file)
    return .built(BuiltLibrary(file: file, sha256: SHA256Digest(of: proposal.code).hex))
  }

  func evaluate(
    library: URL, name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    let code = try String(contentsOf: library, encoding: .utf8)
    return try evaluate(code: code, name: name, seeds: seeds, progress: progress)
  }

  func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    guard let eta = baselines[name] else {
      throw LossmithError(.unknownName, "There is no loss \(name).", at: name)
    }
    if let finding = baselineFinding[name] {
      return EvaluationRecord(
        plugin: name, finding: finding, referenceHash: referenceHash, seeds: [], seconds: 1)
    }
    return try evaluate(code: "eta \(eta)|eta \(eta)", name: name, seeds: seeds, progress: progress)
  }

  private func evaluate(
    code: String, name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    evaluations.append(name)
    onEvaluation(name)
    let code = String(code.prefix { $0 != "#" })
    let texts = code.split(separator: "|").map(String.init)
    var text = texts[0]
    if isCheap { text = texts.count > 1 ? texts[1] : "eta 0.6" }
    if texts.count > 2, seeds.first != 0 { text = texts[2] }
    let words = text.split(separator: " ").map(String.init)
    var finding = Finding(.ok)
    try progress(.init(stage: .check, message: "shape", fraction: 0))
    switch words.first {
    case "check": finding = Finding(.failed(check: words[1]), "It failed.", remedy: "Mend it.")
    case "crash": finding = Finding(.crashed(signal: 11), "It crashed.", remedy: "Do not.")
    case "timeout": finding = Finding(.timeout, "Too slow.", remedy: "Be quick.")
    case "violation": finding = Finding(.violation(syscall: "fork"), "It forked.")
    case "resource": finding = Finding(.resource, "Too much memory.")
    case "diverge": finding = Finding(.diverged(step: Int(words[1]) ?? 0), "NaN.")
    case "throwfailure": throw LossFailure(.crashed(signal: 6), "It aborted.")
    case "fault": try fault(name, text)
    case "hostverdict": finding = Finding(.hostFault(cause: "no cell"))
    default: break
    }
    var outcomes: [SeedOutcome] = []
    if let eta = words.first == "nan" ? .nan : Double(words.last ?? "") {
      for (index, seed) in seeds.enumerated() {
        try progress(
          .init(stage: .train, message: "seed \(index + 1) of \(seeds.count)", fraction: 0.5))
        var reward = eta + Double(seed % 1000) * 0.001
        let first = words.count > 2 ? Double(words[1]) ?? 0 : 0
        if words[0] == "wobble" { reward += seed % 2 == 0 ? first : -first }
        if words[0] == "best" { reward -= 0.1 * abs(log2(beta / first)) }
        var metrics = ["reward": reward, "kl": kls[name] ?? 1, "winrate": reward / 2]
        if measuresUntold {
          (metrics["reward_untold"], metrics["winrate_untold"]) = (reward - 0.1, reward / 2 - 0.1)
        }
        if metric == "frontier" {
          (metrics["frontier"], metrics[EqualKL.referenceMetric]) = (1, 0.4)
        }
        outcomes.append(
          .init(
            seed: seed, metrics: metrics, curve: curve,
            frontier: metric == "frontier"
              ? [0.2, 0.5, 1, 2, 4].prefix(frontierPoints).map {
                FrontierPoint(beta: 0.1 / $0, reward: reward + 0.1 * log2($0), kl: $0)
              } : nil))
      }
    }
    return EvaluationRecord(
      plugin: name, finding: finding, referenceHash: referenceHash, seeds: outcomes,
      warnings: words.first == "warned" ? ["kink at 0"] : [], seconds: 1)
  }

  /// `fault 2 0.7`: throws twice, then goes on.
  private func fault(_ name: String, _ code: String) throws {
    let left = faults[name] ?? Int(code.split(separator: " ")[1]) ?? 0
    faults[name] = left - 1
    if left > 0 {
      throw LossmithError(.sandbox, "No cell could be made.", remedy: "Install bubblewrap.")
    }
  }
}

struct ScriptedPrompts: PromptWriter {
  func system() -> String { "system" }

  func archive(_ prompt: ArchivePrompt) -> String {
    "archive: " + prompt.losses.map { "\($0.name)=\($0.eta.mean)" }.joined(separator: " ")
      + prompt.failures.map { " \($0.name):\($0.finding.verdict)" }.joined()
  }

  func digest(_ digest: DigestPrompt) -> String {
    "digest: " + digest.proposals.map(\.name).joined(separator: " ") + "; parents: "
      + digest.parents.joined(separator: " ") + "; failures: "
      + digest.failures.map(\.name).joined(separator: " ") + "; \(digest.assignment)"
      + digest.niches.map { "; \($0)" }.joined()
  }

  func feedback(_ feedback: SuccessFeedback) -> String {
    let better = feedback.archive.filter { $0.eta.mean > feedback.loss.eta.mean }.count
    return "\(feedback.loss.name) ok, rank \(better + 1) of \(feedback.archive.count)"
  }

  func feedback(_ feedback: StoppedFeedback) -> String {
    "\(feedback.name) stopped at \(feedback.stage): \(feedback.eta.mean)"
  }

  func feedback(_ feedback: FailureFeedback) -> String {
    "\(feedback.name ?? "?") \(feedback.finding.verdict): \(feedback.finding.message) "
      + "\(feedback.finding.remedy) [\(feedback.triesLeft) left]"
  }
}

/// A clock that stands still until it is told to move.
final class ManualClock: Sendable {
  private let time = Mutex(0.0)

  func advance(by seconds: Double) { time.withLock { $0 += seconds } }

  var clock: RunClock {
    RunClock(
      now: { Date(timeIntervalSince1970: 1_700_000_000 + self.time.withLock { $0 }) },
      seconds: { self.time.withLock { $0 } })
  }
}
