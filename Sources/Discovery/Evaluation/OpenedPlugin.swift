import Foundation
import Host
import Losses

/// A plug-in inside a worker: read once, opened as often as a fresh one is wanted.
final class OpenedPlugin {
  private let spec: PluginSpec
  private let context: WorkerContext
  private var image: PluginImage?
  private var audited: [AuditedLoss] = []

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

  /// The same for a training: what a cell answers is checked again on the real batches.
  func openForTraining(seed: UInt64) throws(LossFailure) -> any RawLoss {
    let loss = try open()
    guard spec.isolation == .process else { return loss }
    let wrapped = AuditedLoss(loss, seed: seed, fresh: open)
    audited.append(wrapped)
    return wrapped
  }

  /// Ends the trainings that were opened: their last batches are checked too.
  func finishTraining() throws(LossFailure) {
    defer { audited = [] }
    for loss in audited { try loss.finish() }
  }
}
