import Foundation
import Losses

/// The command line that makes a loss written in C or C++.
struct CRecipe {
  let compiler: FileStamp
  let language: PluginSource.Language

  /// The name of the author's file in a scratch folder.
  var author: String { "Loss.\(language.rawValue)" }

  /// The folder of `loss_abi.h` in a scratch folder.
  static let headers = "include"

  /// clang or gcc.
  ///
  /// - Parameter toolchain: its clang is used before the system's compiler.
  /// - Throws: `missingTool`.
  static func find(
    _ language: PluginSource.Language, toolchain: Toolchain?, environment: [String: String]
  ) throws(LossmithError) -> CRecipe {
    let beside = toolchain.map { language == .c ? $0.clang : $0.clang + "++" }
    let path =
      [beside].compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
      ?? SearchPath(environment).program(language == .c ? "cc" : "c++")
    guard let path, let stamp = FileStamp(path: path) else {
      throw LossmithError(
        .missingTool, "There is no compiler for \(language == .c ? "C" : "C++").",
        remedy: "Install clang or gcc. Libraries (.so) work without one.")
    }
    // The name says what the program is: clang++ is a link to clang.
    return CRecipe(
      compiler: FileStamp(path: path, of: stamp), language: language)
  }

  var arguments: [String] {
    [
      author, "-o", SwiftRecipe.File.library, "-shared", "-fPIC", "-O2",
      language == .c ? "-std=c11" : "-std=c++17", "-Wall", "-I", Self.headers,
      "-fdiagnostics-color=never", "-fno-diagnostics-show-line-numbers", "-Wl,-z,defs",
      // C++'s own library only where something of it is used.
      "-Wl,--as-needed", "-Wl,-z,now", "-Wl,-z,noexecstack", "-Wl,-z,relro", "-Wl,--build-id=none",
      "-lm",
    ]
  }

  /// The part of cache keys that stands for compiler and command line.
  var identity: String {
    "\(compiler.path) \(compiler.size) \(compiler.modified) " + arguments.joined(separator: " ")
  }
}
