import Foundation
import Host
import Losses

/// A plug-in inside a worker: read once, opened as often as a fresh one is wanted.
final class OpenedPlugin {
  private let spec: PluginSpec
  private let context: WorkerContext
  private var image: PluginImage?

  init(_ spec: PluginSpec, _ context: WorkerContext) {
    self.spec = spec
    self.context = context
  }

  /// A plug-in that no call has touched: a fresh cell, or the library in this process when the
  /// user trusts it, where fresh is only the first one.
  func open() throws(LossFailure) -> any RawLoss {
    switch spec.isolation {
    case .inline: return try context.openInline(plugin: URL(fileURLWithPath: spec.library))
    case .process:
      if let image { return try context.openCell(image: image) }
      let read = try PluginImage(path: spec.library)
      image = read
      return try context.openCell(image: read)
    }
  }
}
