import Foundation
import Losses
import Mustache

/// The prompts of a run, rendered from the templates of a folder.
///
/// The templates are text, not HTML: each begins with the pragma that switches escaping off,
/// and loading refuses one that does not, since `&lt;` in a program would mislead a model.
public struct PromptBook: Sendable {
  static let names = [
    "system", "archive", "digest", "feedback-ok", "feedback-stopped", "feedback-failed",
  ]
  static let pragma = "{{% CONTENT_TYPE:TEXT}}"

  /// What no prompt shows.
  public let hidden: Set<PromptPlan.Part>

  private let library: MustacheLibrary

  private var showsFitness: Bool { !hidden.contains(.fitness) }

  /// - Parameters:
  ///   - directory: the folder that holds `system.mustache` and its companions.
  ///   - hidden: what no prompt shows.
  /// - Throws: `LossmithError`: `missingFile` for a template that is not there, `malformedInput`
  ///   for one that cannot be read.
  public init(
    directory: String, hidden: Set<PromptPlan.Part> = []
  ) throws(LossmithError) {
    var library = MustacheLibrary()
    for name in Self.names {
      let path = directory + "/" + name + ".mustache"
      guard let data = FileManager.default.contents(atPath: path) else {
        throw LossmithError(
          .missingFile, "The prompt template cannot be read.", at: path,
          remedy: "Restore the folder templates/prompts of the source tree or the installation.")
      }
      let text = String(decoding: data, as: UTF8.self)
      guard text.hasPrefix(Self.pragma) else {
        throw LossmithError(
          .malformedInput, "The template does not begin with \(Self.pragma).", at: "\(path):1",
          remedy: "Make that line its first one, so that code is not escaped as HTML.")
      }
      do {
        try library.register(text, named: name)
      } catch {
        throw Self.syntaxError(error, path: path)
      }
    }
    self.library = library
    self.hidden = hidden
  }

  public func system(_ prompt: SystemPrompt) -> String {
    var fields: [String: Any] =
      [
        "manual": prompt.manual.trimmingCharacters(in: .newlines),
        "task": prompt.task, "taskDescription": prompt.taskDescription,
        "metric": prompt.metric, "metricDescription": prompt.metricDescription,
        "seeds": prompt.seeds, "severalSeeds": prompt.seeds > 1, "beta": "\(prompt.beta)",
        "resamples": prompt.resamples, "hasResamples": prompt.resamples > 0,
        "wantsThought": !hidden.contains(.thoughts), "showsFitness": showsFitness,
        "tunes": prompt.tunes, "isBetaSet": prompt.isBetaSet,
      ]
    if let stage = prompt.cheapStage { fields["cheap"] = ["stage": stage, "task": prompt.task] }
    return render("system", fields)
  }

  public func archive(_ prompt: ArchivePrompt) -> String {
    render("archive", archiveFields(prompt))
  }

  public func digest(_ digest: DigestPrompt) -> String {
    var fields = archiveFields(digest.archive)
    fields["hasProposals"] = !digest.proposals.isEmpty
    fields["proposals"] = digest.proposals.enumerated().map { index, loss in
      row(loss, rank: index + 1)
    }
    fields["isSorted"] = digest.isSorted && showsFitness
    fields["hasProposalFailures"] = !digest.failures.isEmpty
    fields["proposalFailures"] = Self.rows(digest.failures)
    fields["hasParents"] = !digest.parents.isEmpty
    fields["parents"] = digest.parents.joined(separator: " and ")
    fields["hasNiches"] = !digest.niches.isEmpty
    fields["niches"] = digest.niches
    fields["improve"] = digest.assignment == .improve && !digest.parents.isEmpty
    fields["combine"] = digest.assignment == .combine
    fields["improveNiche"] = digest.assignment == .improveNiche && !digest.parents.isEmpty
    fields["next"] = digest.assignment == .next || digest.parents.isEmpty
    return render("digest", fields)
  }

  private func archiveFields(_ prompt: ArchivePrompt) -> [String: Any] {
    let ranked = showsFitness ? Self.ranked(prompt.losses) : prompt.losses
    let failures = hidden.contains(.failures) ? [] : prompt.failures
    return [
      "baseline": prompt.baseline,
      "hasLosses": !ranked.isEmpty,
      "losses": ranked.enumerated().map { index, loss in row(loss, rank: index + 1) },
      "count": ranked.count,
      "showsFitness": showsFitness,
      "hasFailures": !failures.isEmpty,
      "failures": Self.rows(failures),
    ]
  }

  private static func rows(_ failures: [FailedLoss]) -> [[String: Any]] {
    failures.map { failure in
      [
        "name": failure.name, "verdict": failure.finding.verdict.description,
        "message": failure.finding.message,
      ]
    }
  }

  public func feedback(_ feedback: SuccessFeedback) -> String {
    let ranked = Self.ranked(feedback.archive)
    let loss = feedback.loss
    let rank = (ranked.firstIndex { $0.name == loss.name } ?? ranked.count) + 1
    var fields = row(loss, rank: rank)
    fields["showsFitness"] = showsFitness
    fields["count"] = max(ranked.count, rank)
    fields["baseline"] = feedback.baseline
    fields["seeds"] = loss.eta.n
    fields["severalSeeds"] = loss.eta.n > 1
    fields["metric"] = loss.eta.metric
    fields["hasWarnings"] = !feedback.warnings.isEmpty
    fields["warnings"] = feedback.warnings
    fields["isBest"] = rank == 1
    if rank > 1, let best = ranked.first {
      fields["best"] = ["bestName": best.name, "bestEta": Readout.estimate(best.eta)]
    }
    if let difference = loss.difference {
      fields["comparison"] = Self.comparison(difference, with: feedback.baseline)
    }
    return render("feedback-ok", fields)
  }

  public func feedback(_ feedback: StoppedFeedback) -> String {
    render(
      "feedback-stopped",
      [
        "name": feedback.name, "task": feedback.task, "stage": feedback.stage,
        "metric": feedback.eta.metric, "eta": Readout.estimate(feedback.eta),
        "difference": Readout.difference(feedback.gain), "message": feedback.message,
        "showsFitness": showsFitness, "isOutranked": feedback.isOutranked,
      ])
  }

  public func feedback(_ feedback: FailureFeedback) -> String {
    var fields: [String: Any] = [
      "verdict": feedback.finding.verdict.description,
      "stage": Self.stage(of: feedback.finding.verdict),
      "message": feedback.finding.message,
      "remedy": feedback.finding.remedy,
      "hasRemedy": !feedback.finding.remedy.isEmpty,
      "triesLeft": feedback.triesLeft,
      "oneTryLeft": feedback.triesLeft == 1,
      "hasTriesLeft": feedback.triesLeft > 0,
    ]
    if let name = feedback.name { fields["candidate"] = ["name": name] }
    if let code = feedback.code,
      let line = SourceQuote.line(namedIn: feedback.finding.message, of: code)
    {
      fields["quote"] = ["number": line.number, "text": line.text]
    }
    return render("feedback-failed", fields)
  }

  // MARK: - Parts

  private func render(_ name: String, _ fields: [String: Any]) -> String {
    // Every name was registered by the initialiser.
    let text = library.render(fields, withTemplate: name) ?? ""
    return text.trimmingCharacters(in: .newlines) + "\n"
  }

  /// Best mean first; a mean that is no number comes last, ties go by name.
  static func ranked(_ losses: [RankedLoss]) -> [RankedLoss] {
    func key(_ loss: RankedLoss) -> Double { loss.eta.mean.isNaN ? -.infinity : loss.eta.mean }
    return losses.sorted { (key($0), $1.name) > (key($1), $0.name) }
  }

  private func row(_ loss: RankedLoss, rank: Int) -> [String: Any] {
    var fields: [String: Any] = [
      "rank": rank, "name": loss.name, "eta": Readout.estimate(loss.eta),
      "summary": loss.summary, "hasSummary": !loss.summary.isEmpty,
      "showsFitness": showsFitness,
    ]
    let curves = hidden.contains(.curves) ? [] : loss.curves
    fields["hasCurves"] = !curves.isEmpty
    fields["curves"] = curves
    if !loss.thought.isEmpty, !hidden.contains(.thoughts) {
      fields["thinking"] = ["thought": ReplyParser.excerpt(loss.thought, length: 2000)]
    }
    if let kl = loss.kl { fields["policyKL"] = ["kl": Readout.kl(kl)] }
    if let difference = loss.difference {
      fields["against"] = ["difference": Readout.difference(difference)]
    }
    if let code = loss.code {
      fields["source"] = ["code": code.trimmingCharacters(in: .newlines)]
    }
    return fields
  }

  /// What the interval of a difference allows to say, and no more.
  static func comparison(_ difference: Difference, with baseline: String) -> [String: Any] {
    var fields: [String: Any] = ["difference": Readout.difference(difference)]
    guard let low = difference.low, let high = difference.high,
      let width = Readout.halfWidth(difference)
    else {
      fields["verdict"] = "One seed gives no interval, so this may be noise."
      return fields
    }
    let bound = Readout.fixed(width, decimals: Readout.decimals(for: width))
    fields["verdict"] =
      if low > 0 {
        "The interval lies above 0: better than \(baseline) beyond the noise."
      } else if high < 0 {
        "The interval lies below 0: worse than \(baseline) beyond the noise."
      } else {
        "The interval holds 0: not told apart from \(baseline)."
      }
    fields["noise"] = ["bound": bound]
    return fields
  }

  /// The stage of a verdict in words.
  static func stage(of verdict: Verdict) -> String {
    switch verdict {
    case .ok: "no stage"
    case .rejected(.parse): "reading the reply"
    case .rejected(.lint): "the reading of the source"
    case .rejected(.compile): "the compiler"
    case .rejected(.gate): "the inspection of the library"
    case .rejected(.descriptor): "the inspection of the declared inputs and tunables"
    case .failed(let check): "the check “\(check)”"
    case .crashed, .timeout, .violation, .resource: "running the loss"
    case .diverged: "training"
    case .duplicate: "the comparison with earlier losses"
    case .hostFault: "the host, through no fault of the loss"
    }
  }

  private static func syntaxError(_ error: any Error, path: String) -> LossmithError {
    var line = 1
    var cause = "\(error)"
    if let error = error as? MustacheTemplate.ParserError {
      line = error.context.lineNumber
      cause = "\(error.error)"
    }
    return LossmithError(
      .malformedInput, "The template is not valid Mustache: \(cause).", at: "\(path):\(line)",
      remedy: "Close every section that is opened, with the same name.")
  }
}

/// Finds the line of a source that a message names.
enum SourceQuote {
  /// The line that the first `line 12` or `:12:` of a message points to.
  ///
  /// - Returns: nil when the message names none, or one that the source lacks.
  static func line(namedIn message: String, of code: String) -> (number: Int, text: String)? {
    guard
      let match = message.firstMatch(of: /(?:\bline |[A-Za-z_]:)([0-9]{1,6})\b/.ignoresCase()),
      let number = Int(match.1)
    else { return nil }
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(number - 1) else { return nil }
    return (number, String(lines[number - 1].prefix(200)))
  }
}
