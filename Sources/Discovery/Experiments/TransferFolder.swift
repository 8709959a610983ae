import Foundation
import Losses

/// The record of a transfer: `transfer.json` with its plan, and below it the sweep of each task.
public struct TransferFolder: Sendable {
  public static let planName = "transfer.json"
  public let url: URL
  public let plan: TransferPlan

  /// Begins a transfer in a new or empty folder.
  ///
  /// - Throws: `LossmithError`: `run-directory` where something lies already, `storage`.
  public static func create(in url: URL, plan: TransferPlan) throws -> TransferFolder {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    guard names.isEmpty else {
      throw LossmithError(
        .runDirectory, "The folder is not empty.", at: url.path,
        remedy: names.contains(planName)
          ? "Go on with that transfer: lossmith transfer --resume \(url.path)."
          : "Give another folder with --out.")
    }
    try DurableFile.makeFolder(url, run: url)
    try DurableFile.write(try JSON.encode(plan), to: url.appending(path: planName), run: url)
    return TransferFolder(url: url, plan: plan)
  }

  /// - Throws: `LossmithError`: `run-directory` for a folder that holds none, `malformed-input` for a
  ///   damaged plan.
  public static func open(_ url: URL) throws -> TransferFolder {
    let file = url.appending(path: planName)
    guard let data = FileManager.default.contents(atPath: file.path) else {
      throw LossmithError(
        .runDirectory, "There is no transfer: \(planName) cannot be read.", at: url.path,
        remedy: "Give the folder that lossmith transfer --out made.")
    }
    do {
      return TransferFolder(url: url, plan: try JSON.decode(TransferPlan.self, from: data))
    } catch {
      throw LossmithError(
        .malformedInput, "This is no plan of a transfer: \(JSON.explain(error)).", at: file.path,
        remedy: "Begin a new transfer in another folder.")
    }
  }

  /// Where the trainings of a task are.
  public func folder(of task: TransferPlan.Task) -> URL {
    let number = (plan.tasks.firstIndex(of: task) ?? 0) + 1
    return url.appending(path: "\(number)-\(CandidateName.slug(task.name))")
  }

  /// What is recorded of each task, in the plan's order; nil for one that has not begun.
  ///
  /// - Throws: as ``SweepFile/contents(of:)``.
  public func records() throws -> [(header: SweepHeader, entries: [SweepEntry])?] {
    try plan.tasks.map { task in
      let folder = folder(of: task)
      guard
        FileManager.default.fileExists(atPath: folder.appending(path: SweepFile.name).path)
      else { return nil }
      return try SweepFile.contents(of: folder)
    }
  }
}
