import Foundation
import Glibc
import Losses
import Testing

@testable import Host

/// Builders for tests, each over a cache of its own.
enum BuildFixtures {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/build")

  /// The cache of all tests that do not look into it. LossKit stays compiled between runs; what
  /// earlier runs built is forgotten, since the rules that let it pass may have changed.
  static let sharedCache: URL = {
    let cache = FileManager.default.temporaryDirectory.appending(path: "lossmith-tests-\(getuid())")
    try? FileManager.default.removeItem(at: cache.appending(path: "plugins"))
    return cache
  }()

  /// More time than a user's builds get: those do not share two cores with all the tests.
  static let patient = CompileJail.Limits(wallSeconds: 600)

  static func freshCache() -> URL {
    FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  }

  /// A cache without a plug-in that borrows the compiled LossKit of ``sharedCache``.
  static func freshCacheWithLossKit() throws -> URL {
    _ = try builder().build(
      try source("plain.swift"), name: name("warm"), strictness: .generated)
    let cache = freshCache()
    try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: cache.appending(path: "losskit"),
      withDestinationURL: sharedCache.appending(path: "losskit"))
    return cache
  }

  static func installation() throws -> Installation {
    var environment = ProcessInfo.processInfo.environment
    environment["LOSSMITH_HOME"] = root.path
    return try Installation(
      program: URL(filePath: "/proc/self/exe").resolvingSymlinksInPath(), environment: environment)
  }

  static func builder(
    cache: URL = sharedCache, limits: CompileJail.Limits = patient, usesNamespaces: Bool = true,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> PluginBuilder {
    PluginBuilder(
      installation: try installation(), environment: environment, cacheDirectory: cache,
      limits: limits, usesNamespaces: usesNamespaces)
  }

  static func name(_ text: String) -> PluginName { PluginName(from: text) }

  /// A source of the folder `Fixtures/build`.
  static func source(_ file: String) throws -> PluginSource {
    try PluginSource(file: sources.appending(path: file))
  }
}

extension BuildOutcome {
  /// The plug-in; a test failure with the rejection's words otherwise.
  func plugin(_ location: SourceLocation = #_sourceLocation) throws -> BuiltPlugin {
    guard case .built(let plugin) = self else {
      Issue.record("\(self)", sourceLocation: location)
      throw try #require(rejection, sourceLocation: location)
    }
    return plugin
  }

  var rejection: BuildRejection? {
    if case .rejected(let rejection) = self { rejection } else { nil }
  }
}
