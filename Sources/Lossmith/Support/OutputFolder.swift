import Foundation
import Losses

/// The folder of a policy, which appears whole or not at all.
///
/// It is filled under another name beside its place, and put there by one rename.
struct OutputFolder {
  let url: URL
  private let isReplacing: Bool
  private let staging: URL

  /// What a policy's folder may hold; a folder with anything else is never replaced.
  private static let known: Set<String> = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "vocab.json", "merges.txt", "model.safetensors", "metrics.json",
    "adapter",
  ]

  /// - Parameter replacing: whether a policy that is there may go.
  /// - Throws: `LossmithError` (`usage`) for a place that is taken.
  init(_ path: String, replacing: Bool) throws(LossmithError) {
    let place = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath()
    url = place
    isReplacing = replacing
    staging = place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).\(getpid()).part")
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue,
      let names = try? FileManager.default.contentsOfDirectory(atPath: place.path)
    else {
      throw LossmithError(
        .usage, "This is no folder that can be written.", at: place.path,
        remedy: "Give another folder with --out.")
    }
    if let other = names.sorted().first(where: { !Self.known.contains($0) }) {
      throw LossmithError(
        .usage, "The folder holds \(other), which is no part of a policy.", at: place.path,
        remedy: "Give a new folder with --out.")
    }
    if !replacing, !names.isEmpty {
      throw LossmithError(
        .usage, "There is a policy already.", at: place.path,
        remedy: "Give another folder with --out, or replace this one with --force.")
    }
  }

  /// Has the folder filled, and puts it in place.
  ///
  /// - Parameter write: gets the folder's passing name; what it throws leaves the place untouched.
  /// - Throws: what `write` throws; `LossmithError` (`storage`).
  func fill<Result>(_ write: (URL) throws -> Result) throws -> Result {
    let manager = FileManager.default
    removeLeftovers()
    defer { try? manager.removeItem(at: staging) }
    do {
      try manager.createDirectory(at: staging, withIntermediateDirectories: true)
    } catch {
      throw LossmithError(
        .storage, "The folder cannot be made.", at: url.path,
        remedy: "Check that its parent may be written to.", underlying: error)
    }
    let result = try write(staging)
    try publish()
    return result
  }

  /// What a killed process of this program was filling for the same place.
  private func removeLeftovers() {
    let parent = url.deletingLastPathComponent()
    let start = ".\(url.lastPathComponent)."
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    where name.hasPrefix(start) && name.hasSuffix(".part") {
      guard let process = Int32(name.dropFirst(start.count).dropLast(".part".count)),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      try? FileManager.default.removeItem(at: parent.appending(path: name))
    }
  }

  /// One rename, which fails when something came in between. A policy that goes is moved aside first,
  /// and back when the new one cannot take its place.
  private func publish() throws(LossmithError) {
    if rename(staging.path, url.path) == 0 { return }
    var reason = errno
    if isReplacing, reason == ENOTEMPTY || reason == EEXIST {
      let aside = staging.appendingPathExtension("old")
      if rename(url.path, aside.path) == 0 {
        if rename(staging.path, url.path) == 0 {
          try? FileManager.default.removeItem(at: aside)
          return
        }
        reason = errno
        rename(aside.path, url.path)
      }
    }
    throw LossmithError(
      .storage, "The folder cannot be put in place: \(String(cString: strerror(reason))).",
      at: url.path, remedy: "Give another folder with --out.")
  }
}
