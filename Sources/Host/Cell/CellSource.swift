import Foundation
import Losses
import Synchronization

/// Starts cells. A worker asks its supervisor; the supervisor starts them itself.
public protocol CellSource: AnyObject, Sendable {
  /// Starts the cell program.
  ///
  /// - Parameters:
  ///   - plugin: a library, open for reading.
  ///   - input, output: the regions, sealed; see `cellwire.h`.
  /// - Returns: our end of the status socket. Closing it ends the cell.
  /// - Throws: `LossmithError` (`missingTool`, `hostFault`) when no cell can be started.
  func startCell(
    plugin: Int32, input: Int32, output: Int32, limits: CellLimits
  ) throws(LossmithError) -> OwnedDescriptor
}

/// Cells that are children of this process.
///
/// When the last reference goes, every cell that still runs is killed.
public final class LocalCells: CellSource {
  private let program: URL
  private let wrapper: CellWrapper?
  private let running = Mutex<[ChildProcess]>([])

  /// - Throws: `LossmithError(.missingTool)` when the cell program is not to be found.
  public convenience init(namespaces: Bool = true) throws(LossmithError) {
    self.init(program: try Installation.current().cellProgram(), namespaces: namespaces)
  }

  /// - Parameter namespaces: false leaves them out even where the system allows them.
  public init(program: URL, namespaces: Bool = true) {
    self.program = program
    wrapper = namespaces ? CellWrapper(program: program) : nil
  }

  public func startCell(
    plugin: Int32, input: Int32, output: Int32, limits: CellLimits
  ) throws(LossmithError) -> OwnedDescriptor {
    let (ours, theirs) = try OwnedDescriptor.socketPair(packets: true)
    let arguments = [
      String(limits.memoryBytes), String(limits.stackBytes), String(limits.cpuSecondsOverall),
      limits.namesSystemCalls ? "notify" : "kill", CellWrapper.own,
    ]
    let command =
      wrapper?.command(arguments) ?? Command(executable: program.path, arguments: arguments)
    let child = try Launcher.shared.start(
      command, descriptors: [-1, -1, -1, plugin, input, output, theirs.number])
    running.withLock { children in
      children.removeAll { !$0.isRunning }
      children.append(child)
    }
    return ours
  }

  /// The process numbers of the cells' first processes (reporters, or what wraps them in namespaces)
  /// that have not ended yet.
  var reporters: [Int32] {
    running.withLock { children in
      children.removeAll { !$0.isRunning }
      return children.map(\.pid)
    }
  }
}
