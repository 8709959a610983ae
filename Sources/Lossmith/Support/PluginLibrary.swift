import Discovery
import Foundation
import Host
import Losses
import Synchronization

/// Finds what PLUGIN means and builds it, with a word on the way.
final class PluginLibrary {
  let installation: Installation
  let builder: PluginBuilder
  let resolver: PluginResolver
  private let console: Console
  /// Warnings that were told: a command may ask for a plug-in more than once.
  private let told = Mutex<Set<String>>([])

  /// - Throws: `LossmithError`: `missingTool` when the program's files are not to be found.
  init(console: Console) throws {
    self.console = console
    installation = try Installation.current()
    builder = PluginBuilder(installation: installation)
    resolver = try PluginResolver(builder: builder)
  }

  var catalogue: Catalogue { resolver.catalogue }

  /// Workers of this installation.
  func workbench(threads: Int = 1) -> Workbench {
    Workbench(cache: installation.cacheDirectory, threads: threads)
  }

  /// The plug-in, built if need be.
  ///
  /// - Throws: `LossFailure` for a source that did not become a library; `LossmithError`.
  func resolve(_ text: String) throws -> ResolvedPlugin {
    console.live("building \(text)")
    switch try resolver.resolve(text) {
    case .plugin(let plugin):
      for warning in plugin.warnings {
        let line = "warning: \(plugin.name.text): \(warning)"
        if told.withLock({ $0.insert(line).inserted }) { console.note(line) }
      }
      return plugin
    case .rejected(_, let rejection):
      if rejection.finding.verdict.isHostFault {
        throw LossmithError(
          .hostFault, rejection.finding.message, at: text, remedy: rejection.finding.remedy)
      }
      throw LossFailure(rejection.finding)
    }
  }

  /// The same as a worker is told of it.
  func spec(_ text: String, isolation: Isolation) throws -> PluginSpec {
    let plugin = try resolve(text)
    return PluginSpec(
      name: plugin.name.text, library: plugin.library.path, isolation: isolation)
  }

  /// A loss of the burn-in.
  func catalogueLoss(_ name: String) throws -> WorkerEvaluator.CatalogueLoss {
    let plugin = try resolve(name)
    let entry = catalogue.entry(named: name)
    let code = entry.flatMap { try? String(contentsOf: $0.source, encoding: .utf8) }
    return .init(
      library: plugin.library, text: BaselineText(summary: entry?.summary ?? "", code: code))
  }
}
