import Foundation
import Losses
import Synchronization

@testable import Discovery

/// Replies from a list, by the index of the request, so that a resumed run gets the same ones.
final class ScriptedProposer: Proposer {
  let kind = "script"
  let replies: [String]
  /// Indexes that were asked for, in order.
  private(set) var asked: [Int] = []
  /// Requests as they came.
  private(set) var requests: [ProposalRequest] = []
  /// Adds to each reply what an endpoint would.
  var book: (inout ProposalReply) -> Void = { _ in }
  /// Thrown once each when its index is asked for.
  var errors: [Int: LossmithError] = [:]

  init(_ replies: [String]) { self.replies = replies }

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
  /// Signs of the slope, by name.
  var slopes: [String: String] = [:]
  /// Called when an evaluation begins.
  var onEvaluation: (String) -> Void = { _ in }

  init(scratch: URL) { self.scratch = scratch }

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
    return .built(BuiltLibrary(file: file, sha256: "sha-of-\(proposal.code)"))
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
        outcomes.append(
          .init(
            seed: seed, metrics: ["reward": eta + Double(seed) * 0.001, "kl": 1],
            curve: curve))
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
