import Foundation
import Losses
import Policy
import Yams

/// Reads the plan of a sweep from a YAML file.
///
/// ```yaml
/// task: imdb                  # a built-in name, or a task file beside this one
/// losses: [dpo, slic, lrml]
/// points:                     # β in 1/nat, and seeds for each
///   - {beta: [0.05, 0.1, 0.25], seeds: 3}
///   - {beta: 2.5, seeds: 1}
/// unchecked: true             # losses that are trusted, trained without their checks; may be left out
/// ```
public enum SweepPlanFile {
  private static let largestFile = 1 << 20
  /// Of files that losses are.
  static let lossEndings = [".swift", ".c", ".cpp", ".so"]

  /// - Throws: `LossmithError`: `missing-file`; `malformed-input` with the line for what is not YAML,
  ///   an unknown key, a value of a wrong type; `usage` as ``SweepPlan``.
  public static func load(_ path: String) throws -> SweepPlan {
    try plan(try mapping(path), path)
  }

  /// The keys of a plan's file.
  static func mapping(_ path: String) throws -> Node.Mapping {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw LossmithError(
        .missingFile, "The plan cannot be read.", at: path,
        remedy: "Give the path of a YAML file; docs/experiments.md has its keys.")
    }
    guard data.count <= largestFile, let text = PlainYAML.text(data) else {
      throw malformed("The file is no YAML text of at most 1 MiB.", at: path)
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw malformed("This is not YAML: \(error).", at: path)
    }
    guard let mapping = root?.mapping else { throw malformed("The file has no keys.", at: path) }
    return mapping
  }

  /// A task as a plan names it: a task file lies beside the plan.
  static func task(_ value: Node, _ path: String) throws -> String {
    guard let task = value.scalar?.string, !task.isEmpty else {
      throw malformed("task must be a name or a path.", at: place(value, path))
    }
    return beside(task, path, endings: [".yaml", ".yml"])
  }

  /// A relative path with one of the endings starts from the plan's folder.
  static func beside(_ name: String, _ path: String, endings: [String]) -> String {
    guard !name.hasPrefix("/"), endings.contains(where: name.hasSuffix) else { return name }
    return URL(filePath: path).deletingLastPathComponent().appending(path: name).path
  }

  private static func plan(_ mapping: Node.Mapping, _ path: String) throws -> SweepPlan {
    var (task, losses, points) = ("", [String](), [SweepPlan.Point]())
    var unchecked: Bool?
    for (key, value) in mapping {
      switch key.scalar?.string {
      case "task":
        task = try self.task(value, path)
      case "losses":
        let names = value.sequence?.compactMap { $0.scalar?.string } ?? []
        guard !names.isEmpty, names.count == value.sequence?.count else {
          throw malformed("losses must be a list of names and files.", at: place(value, path))
        }
        losses = names.map { beside($0, path, endings: lossEndings) }
      case "points":
        guard let list = value.sequence else {
          throw malformed("points must be a list.", at: place(value, path))
        }
        points = try list.flatMap { try self.points($0, path) }
      case "unchecked":
        guard let flag = value.bool else {
          throw malformed("unchecked must be true or false.", at: place(value, path))
        }
        unchecked = flag ? true : nil
      default:
        throw unknown(key, among: ["task", "losses", "points", "unchecked"], path)
      }
    }
    guard !task.isEmpty else {
      throw malformed("task is missing.", at: path)
    }
    var plan = try SweepPlan(
      task: task, losses: losses, points: points.isEmpty ? SweepPlan.paperPoints : points)
    plan.unchecked = unchecked
    return plan
  }

  private static func points(_ node: Node, _ path: String) throws -> [SweepPlan.Point] {
    guard let mapping = node.mapping else {
      throw malformed("A point has the keys beta and seeds.", at: place(node, path))
    }
    var (betas, seeds): ([Double], Int?) = ([], nil)
    for (key, value) in mapping {
      switch key.scalar?.string {
      case "beta":
        let nodes = value.sequence.map(Array.init) ?? [value]
        betas = nodes.compactMap { $0.scalar.flatMap { PlainYAML.number($0.string) } }
        guard !betas.isEmpty, betas.count == nodes.count else {
          throw malformed(
            "beta must be a number in decimal digits or a list of them.", at: place(value, path))
        }
      case "seeds":
        seeds = value.scalar.flatMap { PlainYAML.integer($0.string) }
        guard seeds != nil else {
          throw malformed("seeds must be a whole number in decimal digits.", at: place(value, path))
        }
      default:
        throw unknown(key, among: ["beta", "seeds"], path)
      }
    }
    guard !betas.isEmpty else { throw malformed("A point needs beta.", at: place(node, path)) }
    return betas.map { SweepPlan.Point(beta: $0, seeds: seeds ?? 3) }
  }

  static func unknown(_ key: Node, among known: [String], _ path: String) -> LossmithError {
    malformed(
      "There is no key \(key.scalar?.string ?? "of this form").", at: place(key, path),
      remedy: "Keys: \(known.joined(separator: ", ")).")
  }

  static func place(_ node: Node, _ path: String) -> String {
    node.mark.map { "\(path):\($0.line)" } ?? path
  }

  static func malformed(
    _ message: String, at place: String,
    remedy: String = "See docs/experiments.md for the form of a plan."
  ) -> LossmithError {
    LossmithError(.malformedInput, message, at: place, remedy: remedy)
  }
}
