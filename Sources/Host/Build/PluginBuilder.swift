import Foundation
import Losses

/// Makes libraries of sources: lint, compiler in its jail, gate, cache.
///
/// The same source, name and toolchain give the same bytes, at the same path. Concurrent builds,
/// also of several processes, are safe and do not repeat each other's work.
public struct PluginBuilder: Sendable {
  /// Part of every key. Raise it when a rule of lint, verdict or gate changes, so that no library
  /// which passed the old rules is used again.
  static let rulesVersion = "rules 2"

  let installation: Installation
  let environment: [String: String]
  let limits: CompileJail.Limits
  let usesNamespaces: Bool
  let cache: BuildCache

  /// - Parameters:
  ///   - environment: read for `PATH`, `HOME` and `LOSSMITH_SWIFTC`; compilers see none of it.
  ///   - cacheDirectory: nil for the installation's own.
  ///   - usesNamespaces: false leaves bubblewrap out even where it works.
  public init(
    installation: Installation,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    cacheDirectory: URL? = nil, limits: CompileJail.Limits = CompileJail.Limits(),
    usesNamespaces: Bool = true
  ) {
    self.installation = installation
    self.environment = environment
    self.limits = limits
    self.usesNamespaces = usesNamespaces
    cache = BuildCache(folder: cacheDirectory ?? installation.cacheDirectory)
  }

  /// Builds a source file; its plug-in is named after the file unless a name is given.
  ///
  /// - Throws: as ``build(_:name:strictness:)``, and for a file that cannot be read.
  public func build(
    file: URL, name: PluginName? = nil, strictness: Gate.Strictness
  ) throws(LossmithError) -> BuildOutcome {
    let stem = file.deletingPathExtension().lastPathComponent
    return try build(
      try PluginSource(file: file), name: name ?? PluginName(from: stem), strictness: strictness)
  }

  /// Builds a source.
  ///
  /// - Parameter strictness: whether the gate's problems reject a C or C++ source or are warnings.
  ///   A Swift source always has to pass: it is linked here and has no reason not to.
  /// - Throws: `missingTool` without a compiler, `storage` when the cache cannot be written,
  ///   `hostFault`, `interrupted`. A source that falls short is an outcome.
  public func build(
    _ source: PluginSource, name: PluginName, strictness: Gate.Strictness
  ) throws(LossmithError) -> BuildOutcome {
    if let bytes = source.excessBytes {
      let issue = SourceLint.tooLarge(bytes, limit: PluginSource.readLimit)
      return .rejected(
        BuildRejection(
          SourceLint.finding(of: [issue]), issues: [issue],
          diagnostics: [CompilerDiagnostic(issue, in: source)]))
    }
    switch source.language {
    case .swift: return try SwiftBuild(builder: self, source: source, name: name).run()
    case .c, .cxx:
      return try CBuild(builder: self, source: source, name: name, strictness: strictness).run()
    }
  }

  /// The layers around compilers on this machine, for reports.
  public var jailLayers: [String] { jail(readable: []).layers }

  /// The toolchain that Swift sources are built with.
  public func toolchain() throws(LossmithError) -> Toolchain {
    try Toolchain.find(environment: environment, cache: cache.folder)
  }

  func jail(readable: [String]) -> CompileJail {
    CompileJail(
      limits: limits, readable: readable, environment: environment, namespaces: usesNamespaces)
  }

  // MARK: Steps that all languages share

  /// The plug-in of an earlier build with the same key, if it is undamaged.
  func cached(_ key: String, name: PluginName) -> BuiltPlugin? {
    guard let record = cache.record(key), record.name == name.text,
      let library = cache.library(record.libraryDigest)
    else { return nil }
    return BuiltPlugin(
      name: name, library: library, sha256: record.libraryDigest,
      sourceDigest: record.sourceDigest, warnings: record.warnings, isFromCache: true)
  }

  /// Uses an earlier build, or makes a library and takes it through the gate into the cache.
  ///
  /// - Parameter make: gives the library's path and warnings, in a scratch folder.
  func build(
    _ source: PluginSource, name: PluginName, key: String, strictness: Gate.Strictness,
    _ make: (URL) throws(LossmithError) -> Result<
      (library: URL, warnings: [String]), BuildRejection
    >
  ) throws(LossmithError) -> BuildOutcome {
    if let plugin = cached(key, name: name) { return .built(plugin) }
    return try cache.locked(key) { () throws(LossmithError) in
      if let plugin = cached(key, name: name) { return .built(plugin) }
      return try cache.withScratch { scratch throws(LossmithError) in
        switch try make(scratch) {
        case .failure(let rejection): return .rejected(rejection)
        case .success(let made):
          return try admit(
            made.library, warnings: made.warnings, source: source, name: name, key: key,
            strictness: strictness)
        }
      }
    }
  }

  private func admit(
    _ file: URL, warnings: [String], source: PluginSource, name: PluginName, key: String,
    strictness: Gate.Strictness
  ) throws(LossmithError) -> BuildOutcome {
    let library: Data
    do {
      library = try Data(contentsOf: file)
    } catch {
      throw LossmithError(
        .hostFault, "The compiler reported success and left no library.", underlying: error)
    }
    let report: GateReport
    do {
      report = try Gate.inspect(library, name: source.fileName, strictness: strictness)
    } catch  where error.code == .notAPlugin {
      return .rejected(
        BuildRejection(
          Finding(.rejected(.gate), error.message, remedy: error.remedy ?? "")))
    }
    if strictness == .generated, let finding = report.finding {
      return .rejected(BuildRejection(finding))
    }
    let stored = try cache.store(library: library)
    let record = BuildCache.Record(
      name: name.text, libraryDigest: stored.digest,
      sourceDigest: SHA256Digest(of: source.text).hex, warnings: warnings + report.warnings)
    try cache.store(record, key: key)
    return .built(
      BuiltPlugin(
        name: name, library: stored.path, sha256: stored.digest,
        sourceDigest: record.sourceDigest, warnings: record.warnings, isFromCache: false))
  }
}
