import Discovery
import Foundation
import Losses
import Report
import Synchronization

/// Follows the directory of a run and keeps what its page shows, ready to be sent.
///
/// It only reads. A run that begins, stops, is killed or resumed is followed without a restart; what
/// cannot be read for the moment is said on the page, which keeps what it had.
final class RunWatcher: Sendable {
  /// What is known, section by section.
  struct Snapshot: Sendable {
    /// Raised by every change.
    var version = 0
    var sections: [Entry] = []
    var figures: [Figure] = []

    struct Entry: Sendable {
      var section: PageSection
      /// The version that brought it.
      var version: Int
    }

    /// The sections that came after a version, in the order of the page.
    func changes(after version: Int) -> [PageSection] {
      sections.filter { $0.version > version }.map(\.section)
    }

    mutating func take(_ new: [PageSection]) {
      let next = version + 1
      var isChanged = false
      for section in new {
        if let place = sections.firstIndex(where: { $0.section.id == section.id }) {
          guard sections[place].section != section else { continue }
          sections[place] = Entry(section: section, version: next)
        } else {
          sections.append(Entry(section: section, version: next))
        }
        isChanged = true
      }
      if isChanged { version = next }
    }
  }

  let run: URL
  let templates: ReportTemplates
  /// Tells this process from one that served the run before: versions count from 1 in each.
  let session = String(UInt64.random(in: 1...UInt64.max), radix: 36)
  private let state = Mutex(Snapshot())
  private let isStopped = Mutex(false)

  /// - Throws: `LossmithError` when the directory is no run, or cannot be read at all.
  init(_ run: URL, templates: ReportTemplates) throws {
    self.run = run
    self.templates = templates
    var eyes = Eyes(run: run, templates: templates)
    if let fault = look(&eyes) { throw fault }
    // Reading and drawing take time, so they have a thread of their own.
    let first = eyes
    Thread.detachNewThread { [weak self] in
      var eyes = first
      while let self, !self.isStopped.withLock({ $0 }) {
        self.look(&eyes)
        Thread.sleep(forTimeInterval: 0.3)
      }
    }
  }

  deinit { stop() }

  func stop() { isStopped.withLock { $0 = true } }

  var snapshot: Snapshot { state.withLock { $0 } }

  /// Names a version of this session.
  func token(_ version: Int) -> String { "\(session)-\(version)" }

  /// The version that a reader has; 0, nothing, for one that comes from another session.
  func version(of token: String?) -> Int {
    guard let token, token.hasPrefix(session + "-") else { return 0 }
    return Int(token.dropFirst(session.count + 1)) ?? 0
  }

  /// - Returns: what stood in the way of reading the journal.
  @discardableResult
  private func look(_ eyes: inout Eyes) -> (any Error)? {
    let seen = eyes.look()
    if !seen.sections.isEmpty || seen.figures != nil {
      state.withLock { snapshot in
        snapshot.take(seen.sections)
        if let figures = seen.figures { snapshot.figures = figures }
      }
    }
    return eyes.fault
  }
}

/// What was read last; used by one thread at a time.
private struct Eyes: Sendable {
  let run: URL
  let templates: ReportTemplates
  private var journal: [String] = []
  private var rest: (sentence: String, isEnd: Bool) = ("", false)
  private(set) var fault: LossmithError?

  init(run: URL, templates: ReportTemplates) {
    self.run = run
    self.templates = templates
  }

  /// What changed since the last look; figures are nil when the journal did not.
  mutating func look() -> (sections: [PageSection], figures: [Figure]?) {
    var sections: [PageSection] = []
    var figures: [Figure]?
    let own = ["config.json", Journal.fileName, Journal.fileName + "-wal"]
    let marks = (own + RunPages.rivalFiles).map(mark)
    if marks != journal || fault != nil {
      do {
        let model = try RunPages.model(of: run)
        sections = try RunReport.sections(model, templates: templates)
        figures =
          RunReport.figures(model) + model.candidates.flatMap(RunReport.figures(of:))
        rest = try resting()
        (journal, fault) = (marks, nil)
      } catch let error as LossmithError {
        fault = error
      } catch {
        fault = LossmithError(.hostFault, "The run cannot be read.", underlying: error)
      }
    }
    if let live = try? LivePage.section(status, templates: templates) { sections.append(live) }
    return (sections, figures)
  }

  /// What tells whether a file was written.
  private func mark(_ name: String) -> String {
    var facts = stat()
    guard stat(run.appending(path: name).path, &facts) == 0 else { return "" }
    return "\(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec) \(facts.st_mtim.tv_nsec)"
  }

  private func resting() throws -> (sentence: String, isEnd: Bool) {
    let (_, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    if let stop = state.stop { return (stop.reason.sentence, stop.reason.isEnd) }
    return (state.inFlight.map { "Under way when it was last heard of: \($0)." } ?? "", false)
  }

  private var status: LiveStatus {
    let told = fault.map { [$0.message, $0.remedy].compactMap { $0 }.joined(separator: " ") }
    guard let now = RunStatus.read(in: run) else {
      let resume =
        rest.isEnd ? "" : " Continue it with lossmith discover --resume \(run.lastPathComponent)."
      return LiveStatus(
        isWorking: false, sentence: "No process works on this run. \(rest.sentence)\(resume)",
        fault: told)
    }
    let place = now.generation.map { "Generation \($0): " } ?? ""
    let loss = now.name.map { " \($0)" } ?? ""
    let message = now.message.isEmpty ? "" : ", \(now.message)"
    return LiveStatus(
      isWorking: true, sentence: "\(place)\(now.stage)\(loss)\(message)",
      workers: now.workers.map {
        .init(
          name: "worker \($0.number)", stage: $0.stage, loss: $0.name, message: $0.message,
          fraction: $0.fraction)
      }, fault: told)
  }
}
