import Discovery
import Foundation
import Host
import Losses

/// The plug-ins that a command line names, all found and built before anything is trained.
///
/// What is seen by reading an argument (no such name or file, no plug-in at all) refuses the whole
/// command while nothing is lost yet. What shows only when it is built, loaded or trained is a verdict of
/// that plug-in, and the others go on.
struct NamedPlugins {
  /// One of them, ready for a worker or refused by its build.
  struct Plugin {
    var text: String
    /// What tables and documents call it.
    var label: String
    /// Named by its label.
    var spec: Result<PluginSpec, LossFailure>
  }

  /// In the order given; what is named twice counts once.
  var all: [Plugin]

  /// Those that are ready.
  var specs: [PluginSpec] { all.compactMap { try? $0.spec.get() } }

  /// - Parameter baseline: a label that only the catalogue's loss of that name may have.
  /// - Throws: `LossmithError` for an argument that is no plug-in, and for faults of the machine.
  init(
    _ texts: [String], library: PluginLibrary, isolation: Isolation, baseline: String? = nil
  ) throws {
    var seen: Set<String> = []
    let texts = texts.filter { seen.insert($0).inserted }
    let found = try texts.map { text in
      do {
        return (text, Result<ResolvedPlugin, LossFailure>.success(try library.resolve(text)))
      } catch let failure as LossFailure {
        return (text, .failure(failure))
      }
    }
    let built = found.compactMap { text, plugin in
      (try? plugin.get()).map {
        PluginLabels.Named(
          text: text, name: $0.name.text, isCatalogue: $0.origin == .catalogue)
      }
    }
    let labels = Dictionary(
      zip(built.map(\.text), PluginLabels.labels(built, baseline: baseline)),
      uniquingKeysWith: { first, _ in first })
    all = found.map { text, plugin in
      let label = labels[text] ?? text
      return Plugin(
        text: text, label: label,
        spec: plugin.map {
          PluginSpec(name: label, library: $0.library.path, isolation: isolation)
        })
    }
  }
}
