import Foundation
import Host
import Losses

/// A folder for files that a command needs only while it runs.
enum PassingFolder {
  /// Does some work with an empty folder that goes away with it.
  ///
  /// It lies in this process's ``Scratch``, so that the next program sweeps what a killed one left.
  /// A folder that cannot be removed is a warning: the work is done all the same.
  ///
  /// - Throws: `LossmithError` (`storage`) when there can be no folder; what the work throws.
  static func with<Value>(_ console: Console, _ work: (URL) throws -> Value) throws -> Value {
    let folder = try Scratch.make()
    defer {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        console.note("warning: \(folder.path) cannot be removed: \(error.localizedDescription)")
      }
    }
    return try work(folder)
  }
}
