import Discovery
import Foundation
import Host
import Losses

/// The folder of a policy, which appears whole or not at all.
///
/// It is filled under another name beside its place, `.NAME.PROCESS.part`, and put there by one rename.
/// A policy that is there already changes places with it in one step and is then removed.
struct OutputFolder {
  let url: URL
  private let isReplacing: Bool

  /// What a policy's folder may hold; a folder with anything else is never replaced.
  private static let known: Set<String> = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "vocab.json", "merges.txt", "model.safetensors",
    "model.safetensors.index.json", "metrics.json", "adapter",
  ]

  private static let adapterFiles: Set<String> = [
    "adapter_config.json", "adapter_model.safetensors",
  ]

  private static func isKnown(_ name: String) -> Bool {
    known.contains(name)
      || name.wholeMatch(of: /model-[0-9]{5}-of-[0-9]{5}\.safetensors/) != nil
  }

  /// Looks at the place before any work is done for it. A policy that a killed process was replacing
  /// (see ``Leftovers``) is put back first.
  ///
  /// - Parameter replacing: whether a policy that is there may go.
  /// - Throws: `LossmithError` (`usage`) for a place that is taken, or that cannot be written.
  init(_ path: String, replacing: Bool) throws(LossmithError) {
    let place = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath()
    url = place
    isReplacing = replacing
    try requireFree()
    if MountPoints.contain(place.path) {
      throw LossmithError(
        .usage, "Something is mounted here, and a policy's folder is put in its place by a rename.",
        at: place.path, remedy: "Give a folder within it, as \(place.path)/policy.")
    }
    // The folder is filled beside its place, so the parent counts, whatever is there.
    try OutputPlace.require(parentOf: place)
  }

  /// Looks at the place again, as after a wait for another process that may have filled it.
  ///
  /// - Throws: `LossmithError` (`usage`) for a place that is taken.
  func requireFree() throws(LossmithError) {
    Leftovers(of: url).restore()
    if let names = try Self.names(in: url), !isReplacing, !names.isEmpty {
      throw LossmithError(
        .usage, "There is a policy already.", at: url.path,
        remedy: "Give another folder with --out, or replace this one with --force.")
    }
  }

  /// What a place holds; nil where nothing is.
  ///
  /// - Throws: `LossmithError` (`usage`) for what is no folder, and for one with more than a policy.
  private static func names(in place: URL) throws(LossmithError) -> [String]? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
      return nil
    }
    guard isFolder.boolValue,
      let names = try? FileManager.default.contentsOfDirectory(atPath: place.path)
    else {
      throw LossmithError(
        .usage, "This is no folder that can be written.", at: place.path,
        remedy: "Give another folder with --out.")
    }
    let adapter = place.appending(path: "adapter").path
    let parts = (try? FileManager.default.contentsOfDirectory(atPath: adapter)) ?? []
    let other =
      names.sorted().first { !isKnown($0) }
      ?? parts.sorted().first { !adapterFiles.contains($0) }.map { "adapter/\($0)" }
    if let other {
      throw LossmithError(
        .usage, "The folder holds \(other), which is no part of a policy.", at: place.path,
        remedy: "Give a new folder with --out.")
    }
    return names
  }

  /// Has the folder filled, and puts it in place.
  ///
  /// - Parameter write: gets the folder's passing name; what it throws leaves the place untouched.
  /// - Throws: what `write` throws; `LossmithError`: `usage` when by now the place holds more than a
  ///   policy, `storage`.
  func fill<Result>(_ write: (URL) throws -> Result) throws -> Result {
    let staging = try StagingFolder(beside: url)
    defer { staging.remove() }
    let result = try write(staging.url)
    do {
      try publish(staging.url)
    } catch {
      throw keeping(staging.url, error)
    }
    return result
  }

  /// Keeps the folder that cannot be put in place, beside it, and says where.
  private func keeping(_ staging: URL, _ error: LossmithError) -> LossmithError {
    var error = error
    for number in 1...100 {
      let kept = url.path + (number == 1 ? ".kept" : ".kept-\(number)")
      var status = stat()
      guard lstat(kept, &status) != 0, rename(staging.path, kept) == 0 else { continue }
      error.remedy = "The new policy is in \(kept): move it to where it is to be."
      break
    }
    return error
  }

  /// One rename, or one exchange with the policy that goes. What came into the place during the work is
  /// kept: then this fails.
  private func publish(_ staging: URL) throws(LossmithError) {
    if rename(staging.path, url.path) == 0 { return }
    var reason = errno
    if isReplacing, reason == ENOTEMPTY || reason == EEXIST {
      _ = try Self.names(in: url)
      reason = PathExchange.exchange(staging.path, url.path)
      if [EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(reason) {
        reason = replaceInTwoSteps(staging)
      }
      if reason == 0 { return }
    }
    throw LossmithError(
      .storage, "The folder cannot be put in place: \(String(cString: strerror(reason))).",
      at: url.path, remedy: "Give another folder with --out.")
  }

  /// Where the file system has no exchange: the policy that goes is moved aside, and back when the new
  /// one cannot take its place. A kill between the two renames leaves it aside, for ``Leftovers``.
  ///
  /// - Returns: 0, or an errno.
  private func replaceInTwoSteps(_ staging: URL) -> Int32 {
    let aside = staging.appendingPathExtension("old")
    let lock = try? FileLock(folder: url.path)
    defer { withExtendedLifetime(lock) {} }
    guard rename(url.path, aside.path) == 0 else { return errno }
    guard rename(staging.path, url.path) == 0 else {
      let reason = errno
      rename(aside.path, url.path)
      return reason
    }
    try? FileManager.default.removeItem(at: aside)
    return 0
  }
}
