import Foundation
import Losses

/// LossKit compiled once for a toolchain and lent to every candidate.
struct CompiledLossKit {
  /// Holds the files of ``parts``.
  let folder: URL

  private static let parts = [
    SwiftRecipe.File.shims, SwiftRecipe.File.kitModule, SwiftRecipe.File.kitObject,
  ]
  private static let checksums = "checksums.json"

  /// LossKit's sources as they are now.
  struct Sources {
    var files: [(name: String, text: String)]

    /// - Throws: `missingTool` when the folder holds no Swift file.
    init(_ folder: URL) throws(LossmithError) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      files = names.filter { $0.hasSuffix(".swift") }.sorted().compactMap { name in
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)).map { (name, $0) }
      }
      guard !files.isEmpty else {
        throw LossmithError(
          .missingTool, "The sources of LossKit were not found.", at: folder.path,
          remedy: "Install Lossmith again, or set LOSSMITH_HOME.")
      }
    }

    var digest: String { SHA256Digest(fields: files.flatMap { [$0.name, $0.text] }).hex }
  }

  /// The compiled LossKit of a key, from the cache or compiled now.
  ///
  /// - Throws: `hostFault` when LossKit does not compile with this toolchain: the sources are
  ///   ours, so no candidate is to blame.
  static func prepare(
    _ sources: Sources, recipe: SwiftRecipe, jail: CompileJail, cache: BuildCache
  ) throws(LossmithError) -> CompiledLossKit {
    let key = SHA256Digest(
      fields: ["losskit", recipe.toolchain.identity, recipe.identity, sources.digest]).hex
    let kit = CompiledLossKit(folder: cache.folder.appending(path: "losskit/\(key)"))
    if kit.isWhole { return kit }
    return try cache.locked(key) { () throws(LossmithError) in
      if kit.isWhole { return kit }
      try? FileManager.default.removeItem(at: kit.folder)
      try cache.withScratch { scratch throws(LossmithError) in
        try compile(sources, recipe: recipe, jail: jail, scratch: scratch)
        try kit.adopt(scratch)
      }
      return kit
    }
  }

  private static func compile(
    _ sources: Sources, recipe: SwiftRecipe, jail: CompileJail, scratch: URL
  ) throws(LossmithError) {
    for file in sources.files {
      try AtomicFile.write(Data(file.text.utf8), to: scratch.appending(path: file.name))
    }
    for arguments in [recipe.shims, recipe.lossKit(sources.files.map(\.name))] {
      let outcome = try jail.run(recipe.toolchain.frontend.path, arguments, scratch: scratch)
      guard outcome.ending == .succeeded else {
        let words =
          outcome.messages.split(separator: "\n")
          .first { $0.contains("error") }.map(String.init) ?? String(outcome.messages.prefix(400))
        throw LossmithError(
          .hostFault,
          "LossKit does not compile with \(recipe.toolchain.version) (\(outcome.ending)): \(words)",
          remedy: "Use Swift 6.3, or set LOSSMITH_SWIFTC to its swiftc.")
      }
    }
  }

  /// Moves the parts from a scratch folder into place, with their checksums.
  private func adopt(_ scratch: URL) throws(LossmithError) {
    let staging = scratch.appending(path: "kit")
    var checksums: [String: String] = [:]
    for part in Self.parts {
      let data: Data
      do {
        data = try Data(contentsOf: scratch.appending(path: part))
      } catch {
        throw AtomicFile.failure(at: staging, error)
      }
      checksums[part] = SHA256Digest(of: data).hex
      try AtomicFile.write(data, to: staging.appending(path: part))
    }
    let record = (try? JSONEncoder().encode(checksums)) ?? Data()
    try AtomicFile.write(record, to: staging.appending(path: Self.checksums))
    try AtomicFile.move(folder: staging, to: folder)
  }

  /// Whether every part is there and undamaged.
  private var isWhole: Bool {
    guard let data = try? Data(contentsOf: folder.appending(path: Self.checksums)),
      let checksums = try? JSONDecoder().decode([String: String].self, from: data)
    else { return false }
    return Self.parts.allSatisfy { part in
      (try? SHA256Digest(file: folder.appending(path: part)))?.hex == checksums[part]
    }
  }

  /// Copies the parts into a scratch folder, where a compiler may do to them what it likes.
  func copy(to scratch: URL) throws(LossmithError) {
    for part in Self.parts {
      do {
        try FileManager.default.copyItem(
          at: folder.appending(path: part), to: scratch.appending(path: part))
      } catch {
        throw AtomicFile.failure(at: scratch, error)
      }
    }
  }
}
