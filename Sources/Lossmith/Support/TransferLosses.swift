import Discovery
import Foundation
import Host
import Losses

/// Finds and builds the losses of a transfer, whatever they come from.
struct TransferLosses {
  let library: PluginLibrary
  let console: Console
  private(set) var found: [(loss: TransferPlan.Loss, spec: PluginSpec)] = []
  private(set) var dropped: [Agreement.Dropped] = []
  /// Whether one that was named did not build, or could not be called.
  private(set) var hasRejected = false

  init(library: PluginLibrary, console: Console) {
    self.library = library
    self.console = console
  }

  /// Refuses a name that is no plug-in, or no proposal of the run; nothing is built.
  ///
  /// - Throws: as ``add(_:from:)``.
  func requireReadable(_ text: String, from run: URL?) throws {
    if let run, text != "dpo" {
      _ = try ArchivedLoss(text, in: run)
    } else {
      try library.resolver.requireReadable(text)
    }
  }

  /// Adds a loss that a command line names. One that does not build is told, and left out.
  ///
  /// - Parameter run: the run whose proposal it is; nil for a catalogue name or a file.
  /// - Throws: `LossmithError`: `unknown-name`, `missing-file` and what reading a run throws.
  mutating func add(_ text: String, from run: URL?) throws {
    do {
      // DPO is everyone's baseline, whatever a run calls its own proposals.
      if let run, text != "dpo" { return try add(proposal: text, of: run) }
      let plugin = try library.resolve(text)
      let isName = library.catalogue.entry(named: text) != nil
      add(
        plugin.name.text, library: plugin.library, sha256: plugin.sha256,
        origin: isName ? plugin.name.text : URL(fileURLWithPath: text).standardizedFileURL.path)
    } catch let failure as LossFailure {
      hasRejected = true
      drop(text, "\(failure.finding.verdict): \(failure.finding.message)")
    }
  }

  /// Builds the losses of a plan again.
  ///
  /// - Throws: `LossmithError` (`run-directory`) for one that is no longer what was trained.
  mutating func add(_ plan: TransferPlan, of folder: URL) throws {
    for loss in plan.losses {
      let count = found.count
      try add(loss.origin, from: loss.run.map { URL(fileURLWithPath: $0) })
      guard found.count == count + 1 else { throw ExitStatus.candidate }
      found[count].loss.name = loss.name
      found[count].spec.name = loss.name
      guard found[count].loss.sha256 == loss.sha256 else {
        throw LossmithError(
          .runDirectory, "The loss \(loss.name) is not the one that was trained.",
          at: folder.path, remedy: "Restore \(loss.origin), or begin anew with another --out.")
      }
    }
  }

  private mutating func add(proposal id: String, of run: URL) throws {
    let archived = try ArchivedLoss(id, in: run)
    guard let code = archived.code else {
      hasRejected = true
      return drop(id, "the reply could not be read")
    }
    let built = try library.builder.build(
      PluginSource(text: code), name: PluginName(from: archived.name), strictness: .generated)
    switch built {
    case .rejected(let rejection): throw LossFailure(rejection.finding)
    case .built(let plugin):
      add(
        archived.name, library: plugin.library, sha256: plugin.sha256,
        origin: "\(archived.candidate)", run: run.standardizedFileURL.path)
    }
  }

  private mutating func add(
    _ name: String, library file: URL, sha256: String, origin: String, run: String? = nil
  ) {
    if found.contains(where: { $0.loss.origin == origin && $0.loss.run == run }) { return }
    // DPO of the catalogue comes first: a file or a proposal of that name is never called so.
    let own = name
    let name = CandidateName.unique(own, among: Set(found.map(\.loss.name)))
    if name != CandidateName.slug(own) { console.note("note: \(origin) is called \(name) here") }
    found.append(
      (
        .init(name: name, origin: origin, run: run, sha256: sha256),
        PluginSpec(name: name, library: file.path, isolation: .process)
      ))
  }

  /// Leaves out losses with the same gradients as an earlier one, up to scale too: they train the same
  /// policy. So does what cannot be called, or is no loss of pairs.
  ///
  /// - Parameter isCatalogue: whether nobody named the losses one by one.
  mutating func keepDistinct(_ bench: Workbench, beta: Double, isCatalogue: Bool) throws {
    console.note("prepare    fingerprints of \(found.count) losses")
    let probed = try bench.probe(found.map(\.spec), tunables: ["beta": beta])
    let (kept, left) = AgreementStudy.distinct(probed)
    for loss in left {
      drop(loss.name, loss.reason)
      if !isCatalogue, loss.reason == AgreementStudy.notCallable { hasRejected = true }
    }
    found.removeAll { !kept.contains($0.loss.name) }
  }

  private mutating func drop(_ name: String, _ reason: String) {
    console.alert("note: \(name) is left out: \(reason)")
    dropped.append(.init(name: name, reason: reason))
  }
}
