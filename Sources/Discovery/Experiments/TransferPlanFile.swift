import Foundation
import Losses
import Policy
import Yams

/// Reads the plan of a transfer from a YAML file.
///
/// ```yaml
/// losses: [dpo, ipo, found/half-margin.swift]   # or: catalogue
/// tasks:
///   - {task: bandit, seeds: 5}
///   - {task: films.yaml, seeds: 3}              # a task file beside this one
/// frontier: [0.02, 0.05, 0.1, 0.2, 0.5]         # β of DPO's frontier; [] for none
/// ```
public struct TransferPlanFile: Sendable {
  /// As a command line would name them; sources and libraries with their paths. Empty for the whole
  /// catalogue.
  public var losses: [String] = []
  /// Whether every loss of the catalogue takes part.
  public var isCatalogue = false
  public var tasks: [(task: String, seeds: Int)] = []
  /// nil where the file says nothing.
  public var frontier: [Double]?

  private static let keys = ["losses", "tasks", "frontier"]

  /// - Throws: `LossmithError`: `missing-file`; `malformed-input` with the line for what is not YAML, an
  ///   unknown or missing key, a value of a wrong type.
  public init(_ path: String) throws {
    for (key, value) in try SweepPlanFile.mapping(path) {
      func refuse(_ message: String) -> LossmithError {
        SweepPlanFile.malformed(message, at: SweepPlanFile.place(value, path))
      }
      switch key.scalar?.string {
      case "losses":
        if value.scalar?.string == "catalogue" {
          isCatalogue = true
          continue
        }
        let names = value.sequence?.compactMap { $0.scalar?.string } ?? []
        guard !names.isEmpty, names.count == value.sequence?.count else {
          throw refuse("losses must be a list of names and files, or the word catalogue.")
        }
        losses = names.map {
          SweepPlanFile.beside($0, path, endings: SweepPlanFile.lossEndings)
        }
      case "tasks":
        guard let list = value.sequence, !list.isEmpty else {
          throw refuse("tasks must be a list.")
        }
        tasks = try list.map { try Self.task($0, path) }
      case "frontier":
        let numbers = value.sequence?.compactMap {
          $0.scalar.flatMap { PlainYAML.number($0.string) }
        }
        guard let numbers, numbers.count == value.sequence?.count else {
          throw refuse("frontier must be a list of numbers; [] for none.")
        }
        frontier = numbers
      default: throw SweepPlanFile.unknown(key, among: Self.keys, path)
      }
    }
    for (name, isThere) in [("losses", isCatalogue || !losses.isEmpty), ("tasks", !tasks.isEmpty)]
    where !isThere {
      throw SweepPlanFile.malformed("\(name) is missing.", at: path)
    }
  }

  private static func task(_ node: Node, _ path: String) throws -> (task: String, seeds: Int) {
    if node.scalar != nil { return (try SweepPlanFile.task(node, path), 3) }
    guard let mapping = node.mapping else {
      throw SweepPlanFile.malformed(
        "A task is a name, or has the keys task and seeds.", at: SweepPlanFile.place(node, path))
    }
    var (task, seeds): (String?, Int) = (nil, 3)
    for (key, value) in mapping {
      switch key.scalar?.string {
      case "task": task = try SweepPlanFile.task(value, path)
      case "seeds":
        guard let number = value.scalar.flatMap({ PlainYAML.integer($0.string) }), number >= 1
        else {
          throw SweepPlanFile.malformed(
            "seeds must be a whole number from 1.", at: SweepPlanFile.place(value, path))
        }
        seeds = number
      default: throw SweepPlanFile.unknown(key, among: ["task", "seeds"], path)
      }
    }
    guard let task else {
      throw SweepPlanFile.malformed("A task needs task.", at: SweepPlanFile.place(node, path))
    }
    return (task, seeds)
  }
}
