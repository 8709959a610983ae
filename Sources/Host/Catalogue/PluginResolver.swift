import Foundation
import Losses

/// A plug-in that is ready to be loaded.
public struct ResolvedPlugin: Hashable, Sendable {
  public enum Origin: String, Sendable, Codable {
    /// A loss of the catalogue.
    case catalogue
    /// A library that was given as such.
    case library
    /// A source outside the catalogue.
    case source
  }

  public var name: PluginName
  /// In the cache, named by its content: the path never holds other bytes later.
  public var library: URL
  /// SHA-256 of the library, in hexadecimal digits.
  public var sha256: String
  public var origin: Origin
  /// The file that was given or found: a source or a library.
  public var file: URL
  /// What compiler and gate found odd; no reason not to load it.
  public var warnings: [String]
}

/// What became of the word PLUGIN of a command.
public enum Resolution: Sendable {
  case plugin(ResolvedPlugin)
  /// There is a source, and it did not become a library.
  case rejected(name: PluginName, BuildRejection)

  /// The plug-in.
  ///
  /// - Throws: `candidate` with the rejection's words; a host fault as such.
  public func get() throws(LossmithError) -> ResolvedPlugin {
    switch self {
    case .plugin(let plugin): return plugin
    case .rejected(let name, let rejection):
      let finding = rejection.finding
      throw LossmithError(
        finding.verdict.isHostFault ? .hostFault : .candidate,
        "\(finding.verdict): \(finding.message)", at: name.text, remedy: finding.remedy,
        underlying: rejection)
    }
  }
}

/// Finds what the word PLUGIN of a command means, and builds it if needed.
public struct PluginResolver: Sendable {
  public let catalogue: Catalogue
  public let builder: PluginBuilder

  /// - Throws: `malformedInput` for a damaged catalogue.
  public init(builder: PluginBuilder) throws(LossmithError) {
    self.builder = builder
    catalogue = try Catalogue(folder: builder.installation.plugins)
  }

  /// Resolves a catalogue name or alias, a library (`.so`), a source (`.swift`, `.c`, `.cpp`) or a
  /// folder with one of them.
  ///
  /// A name of the catalogue comes before a file of the same name in the working folder; write
  /// `./name` for that one.
  ///
  /// - Throws: `unknownName` with the nearest name as remedy, `missingFile`, `notAPlugin` for a
  ///   library without the ABI, `malformedInput` for any other file, and what a build throws. A
  ///   source that does not build is a result.
  public func resolve(_ text: String) throws(LossmithError) -> Resolution {
    if let entry = catalogue.entry(named: text) {
      return try build(entry.source, name: entry.name, origin: .catalogue)
    }
    let (file, name) = try find(text)
    if PluginSource.Language(fileExtension: file.pathExtension) != nil {
      return try build(file, name: name, origin: .source)
    }
    return .plugin(try library(file, name: name))
  }

  /// Refuses what is seen to be no plug-in by reading it; nothing is built.
  ///
  /// - Throws: as ``resolve(_:)``, but for what a build throws.
  public func requireReadable(_ text: String) throws(LossmithError) {
    if catalogue.entry(named: text) != nil { return }
    let (file, name) = try find(text)
    if PluginSource.Language(fileExtension: file.pathExtension) != nil {
      _ = try PluginSource(file: file)
    } else {
      _ = try library(file, name: name)
    }
  }

  /// The source or library that a path means, and what it is called.
  private func find(_ text: String) throws(LossmithError) -> (file: URL, name: PluginName) {
    let file = URL(filePath: text).standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else {
      throw absent(text)
    }
    if !isFolder.boolValue {
      // Reading a pipe may wait for ever, and what comes out of a device may have no end.
      let kind =
        try? FileManager.default.attributesOfItem(
          atPath: file.resolvingSymlinksInPath().path)[.type] as? FileAttributeType
      guard kind == .typeRegular else {
        throw LossmithError(
          .malformedInput, "This is neither a file nor a folder, but a pipe or a device.", at: text,
          remedy: "Write the source into a file first.")
      }
      return (file, PluginName(from: file.deletingPathExtension().lastPathComponent))
    }
    return (try PluginFolder.plugin(in: file), PluginName(from: file.lastPathComponent))
  }

  /// The source of a catalogue's loss, or else the file of this name; it is not opened.
  ///
  /// - Throws: `unknownName` with the nearest name as remedy, `missingFile`.
  public func source(of text: String) throws(LossmithError) -> URL {
    if let entry = catalogue.entry(named: text) { return entry.source }
    let file = URL(filePath: text).standardizedFileURL
    guard FileManager.default.fileExists(atPath: file.path) else { throw absent(text) }
    return file
  }

  private func build(
    _ source: URL, name: PluginName, origin: ResolvedPlugin.Origin
  ) throws(LossmithError) -> Resolution {
    switch try builder.build(file: source, name: name, strictness: .trusted) {
    case .rejected(let rejection): return .rejected(name: name, rejection)
    case .built(let plugin):
      return .plugin(
        ResolvedPlugin(
          name: name, library: plugin.library, sha256: plugin.sha256, origin: origin,
          file: source, warnings: plugin.warnings))
    }
  }

  /// Copies a library to the path of its content, after a look at it.
  private func library(_ file: URL, name: PluginName) throws(LossmithError) -> ResolvedPlugin {
    let data: Data
    do {
      let size = FileStamp(path: file.path)?.size ?? 0
      guard size <= Gate.sizeLimit else {
        throw LossmithError(
          .notAPlugin, "The file has \(size) bytes, too many for a loss.", at: file.path,
          remedy: "Check that this is the right file.")
      }
      data = try Data(contentsOf: file)
    } catch let error as LossmithError {
      throw error
    } catch {
      throw LossmithError(
        .missingFile, "The file cannot be read.", at: file.path,
        remedy: "Check that you may read it.", underlying: error)
    }
    let report = try Gate.inspect(data, name: file.path, strictness: .trusted)
    let stored = try builder.cache.store(library: data)
    return ResolvedPlugin(
      name: name, library: stored.path, sha256: stored.digest, origin: .library, file: file,
      warnings: report.warnings)
  }

  private func absent(_ text: String) -> LossmithError {
    if text.contains("/") || text.contains(".") {
      return LossmithError(
        .missingFile, "There is no such file.", at: text, remedy: "Check that the path is right.")
    }
    let nearest = catalogue.nearest(to: text).map { "Did you mean \($0)? " } ?? ""
    return LossmithError(
      .unknownName, "There is no loss named \(text).", at: text,
      remedy: nearest + "lossmith list shows all names; a file needs its extension.")
  }
}
