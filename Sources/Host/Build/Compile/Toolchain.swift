import Foundation
import Losses

/// The Swift toolchain that builds plug-ins.
///
/// The compiler's frontend and clang are called directly: the driver `swiftc` costs a tenth of a
/// second more for each candidate, and starts programs of its own choice in the jail.
public struct Toolchain: Sendable, Codable {
  /// The `swiftc` that was found, and what it was when it was asked.
  let driver: FileStamp
  /// The compiler proper.
  let frontend: FileStamp
  /// Links; finds libc and the start files.
  public let clang: String
  /// The folder that holds `bin` and `lib`.
  public let root: String
  /// For example `x86_64-unknown-linux-gnu`.
  public let target: String
  /// For example `Swift version 6.3.1 (swift-6.3.1-RELEASE)`.
  public let version: String
  /// The module map of the C declarations below the standard library.
  let shims: String

  /// The part of cache keys that stands for the toolchain.
  var identity: String { "\(version) \(target) \(frontend.size) \(frontend.modified)" }

  /// The toolchain of `LOSSMITH_SWIFTC`, else of the first `swiftc` on `PATH`.
  ///
  /// What a `swiftc` said of itself is remembered under `cache` for as long as its file is the
  /// same, so that a cached build starts no process.
  ///
  /// - Throws: `missingTool` when there is none, or it is not one with all its parts.
  public static func find(
    environment: [String: String], cache: URL
  ) throws(LossmithError) -> Toolchain {
    let path = try swiftc(environment)
    guard let stamp = FileStamp(path: path) else { throw missing(at: path) }
    let name = SHA256Digest(of: stamp.path).hex.prefix(16)
    let memory = cache.appending(path: "toolchain-\(name).json")
    if let data = try? Data(contentsOf: memory),
      let known = try? JSONDecoder().decode(Toolchain.self, from: data),
      known.driver == stamp, FileStamp(path: known.frontend.path) == known.frontend
    {
      return known
    }
    let toolchain = try ask(path, stamp: stamp, environment: environment)
    if let data = try? JSONEncoder().encode(toolchain) {
      try AtomicFile.write(data, to: memory)
    }
    return toolchain
  }

  private static func swiftc(_ environment: [String: String]) throws(LossmithError) -> String {
    if let chosen = environment["LOSSMITH_SWIFTC"], !chosen.isEmpty {
      guard FileManager.default.isExecutableFile(atPath: chosen) else {
        throw missing(at: chosen)
      }
      return chosen
    }
    guard let path = SearchPath(environment).program("swiftc") else { throw missing(at: nil) }
    return path
  }

  private static func missing(at path: String?) -> LossmithError {
    LossmithError(
      .missingTool, "The Swift compiler (swiftc) was not found.", at: path,
      remedy: "Install Swift 6.3 and put it on PATH, or set LOSSMITH_SWIFTC to its swiftc. "
        + "Libraries (.so) work without it.")
  }

  private static func ask(
    _ path: String, stamp: FileStamp, environment: [String: String]
  ) throws(LossmithError) -> Toolchain {
    let result = try Launcher.shared.run(
      Command(
        executable: path, arguments: ["-print-target-info"],
        // A version manager's swiftc finds the chosen toolchain through these.
        environment: environment.filter { ["PATH", "HOME"].contains($0.key) }, wallSeconds: 120))
    guard result.status == .exited(0),
      let info = try? JSONDecoder().decode(TargetInfo.self, from: result.stdout)
    else {
      throw LossmithError(
        .missingTool, "The Swift compiler does not say what it is.", at: path,
        remedy: "Run it with -print-target-info to see why, and install Swift 6.3.")
    }
    let root = URL(filePath: info.paths.runtimeResourcePath)
      .appending(path: "../..").standardizedFileURL
    let frontend = root.appending(path: "bin/swift-frontend").path
    let clang = root.appending(path: "bin/clang").path
    let shims = info.paths.runtimeResourcePath + "/shims/module.modulemap"
    for part in [frontend, clang, shims] where !FileManager.default.fileExists(atPath: part) {
      throw LossmithError(
        .missingTool, "The Swift toolchain lacks one of its parts.", at: part,
        remedy: "Install a complete Swift 6.3 toolchain, or set LOSSMITH_SWIFTC to one.")
    }
    guard let frontendStamp = FileStamp(path: frontend) else { throw missing(at: frontend) }
    return Toolchain(
      driver: stamp, frontend: frontendStamp, clang: clang, root: root.path,
      target: info.target.triple, version: info.compilerVersion, shims: shims)
  }

  /// The part that is used of what `-print-target-info` prints.
  private struct TargetInfo: Decodable {
    struct Target: Decodable { var triple: String }
    struct Paths: Decodable { var runtimeResourcePath: String }
    var compilerVersion: String
    var target: Target
    var paths: Paths
  }
}
