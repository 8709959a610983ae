import Foundation
import Losses

/// Where this program finds what belongs to it.
///
/// Two layouts: a checkout (the folder above the running program that holds `Sources/LossKit`), and an
/// installation under a prefix (`bin/lossmith`, `libexec/lossmith/lossmith-cell`, `share/lossmith`).
/// `LOSSMITH_HOME` names the checkout or the `share/lossmith` folder and overrides the search.
public struct Installation: Sendable {
  /// The folder of the running program.
  public let programDirectory: URL
  /// The checkout, or `share/lossmith`.
  public let resourceRoot: URL
  /// Whether ``resourceRoot`` is a checkout.
  public let isCheckout: Bool
  /// `$XDG_CACHE_HOME/lossmith`, else `~/.cache/lossmith`; may not exist yet.
  public let cacheDirectory: URL

  /// The installation of the running program.
  ///
  /// - Throws: `LossmithError(.missingTool)` when neither layout is found.
  public static func current() throws(LossmithError) -> Installation {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return try Installation(
      program: program, environment: ProcessInfo.processInfo.environment)
  }

  /// - Parameters:
  ///   - program: the running program's file, symbolic links resolved.
  ///   - environment: read for `LOSSMITH_HOME`, `XDG_CACHE_HOME` and `HOME`.
  init(program: URL, environment: [String: String]) throws(LossmithError) {
    programDirectory = program.deletingLastPathComponent()
    cacheDirectory = Self.cache(environment)
    if let home = environment["LOSSMITH_HOME"], !home.isEmpty {
      let folder = URL(fileURLWithPath: home).standardizedFileURL
      guard let isCheckout = Self.layout(of: folder) else {
        throw LossmithError(
          .missingTool, "this folder holds neither a checkout nor the installed files", at: home,
          remedy: "Point LOSSMITH_HOME at a checkout or at PREFIX/share/lossmith, or unset it.")
      }
      resourceRoot = folder
      self.isCheckout = isCheckout
      return
    }
    let prefix = programDirectory.deletingLastPathComponent()
    let shared = prefix.appendingPathComponent("share/lossmith")
    if Self.layout(of: shared) == false {
      resourceRoot = shared
      isCheckout = false
      return
    }
    var folder = programDirectory
    while folder.path != "/" {
      if Self.layout(of: folder) == true {
        resourceRoot = folder
        isCheckout = true
        return
      }
      folder = folder.deletingLastPathComponent()
    }
    throw LossmithError(
      .missingTool, "the files that belong to Lossmith are not to be found", at: program.path,
      remedy: "Run it from a checkout or after make install, or set LOSSMITH_HOME.")
  }

  /// True for a checkout, false for installed files, nil for neither.
  private static func layout(of folder: URL) -> Bool? {
    if isFolder(folder.appendingPathComponent("Sources/LossKit")) { return true }
    return isFolder(folder.appendingPathComponent("LossKit")) ? false : nil
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func cache(_ environment: [String: String]) -> URL {
    // A relative XDG_CACHE_HOME is invalid by its specification and ignored.
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return URL(fileURLWithPath: cache).appendingPathComponent("lossmith")
    }
    let home =
      environment["HOME"].map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser
    return home.appendingPathComponent(".cache/lossmith")
  }
}

extension Installation {
  /// The Swift sources of LossKit.
  public var lossKitSources: URL {
    resourceRoot.appendingPathComponent(isCheckout ? "Sources/LossKit" : "LossKit")
  }

  /// The folder of `loss_abi.h`.
  public var abiHeaders: URL {
    resourceRoot.appendingPathComponent(isCheckout ? "Sources/PluginABI/include" : "include")
  }

  /// Templates of plug-ins, prompts, tasks and pages.
  public var templates: URL { resourceRoot.appendingPathComponent("templates") }

  /// The catalogue: one folder a loss.
  public var plugins: URL { resourceRoot.appendingPathComponent("Plugins") }

  /// The cell program: beside the running program, else in `libexec/lossmith` of its prefix, else
  /// in `libexec/lossmith` beside the `share/lossmith` that is used.
  ///
  /// - Throws: `LossmithError(.missingTool)` when it is in none of the places.
  public func cellProgram() throws(LossmithError) -> URL {
    let name = "lossmith-cell"
    let places = [
      programDirectory.appendingPathComponent(name),
      programDirectory.appendingPathComponent("../libexec/lossmith/\(name)").standardizedFileURL,
      resourceRoot.appendingPathComponent("../../libexec/lossmith/\(name)").standardizedFileURL,
    ]
    for place in places where FileManager.default.isExecutableFile(atPath: place.path) {
      return place
    }
    throw LossmithError(
      .missingTool, "the program lossmith-cell is not to be found", at: places[0].path,
      remedy: "Build it (make build) or install Lossmith again.")
  }
}
