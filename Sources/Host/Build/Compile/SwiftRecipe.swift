/// The command lines that make a Swift loss.
///
/// All names are relative to the scratch folder, so that no path of the machine gets into a
/// library and the same source gives the same bytes. No module but Swift's own and LossKit can be
/// found: implicit C modules are off, and there are no macro plug-ins.
struct SwiftRecipe {
  let toolchain: Toolchain

  /// Names of the files in a scratch folder.
  enum File {
    static let author = "Loss.swift"
    static let export = "Export.swift"
    static let shims = "SwiftShims.pcm"
    static let kitModule = "LossKit.swiftmodule"
    static let kitObject = "LossKit.o"
    static let object = "Plugin.o"
    static let exports = "exports.map"
    static let library = "plugin.so"
  }

  /// The linker's list of what the library shows.
  static let exportsMap = "{ global: loss_describe_v1; loss_kernel_v1; local: *; };\n"

  private var common: [String] {
    [
      "-target", toolchain.target, "-disable-objc-interop", "-swift-version", "6",
      "-enable-experimental-feature", "Embedded", "-O", "-enable-default-cmo",
      "-parse-as-library", "-diagnostic-style=llvm",
      "-disable-implicit-concurrency-module-import",
      "-disable-implicit-string-processing-module-import", "-function-sections",
      "-Xcc", "-fmodule-file=SwiftShims=\(File.shims)", "-Xcc", "-fno-implicit-modules",
      "-Xcc", "-fno-implicit-module-maps",
    ]
  }

  /// The C declarations below the standard library, compiled once instead of for each candidate.
  var shims: [String] {
    [
      "-frontend", "-emit-pcm", "-module-name", "SwiftShims", "-target", toolchain.target,
      "-enable-experimental-feature", "Embedded", "-o", File.shims, toolchain.shims,
    ]
  }

  /// LossKit from its sources.
  func lossKit(_ sources: [String]) -> [String] {
    ["-frontend", "-c"] + sources + common + [
      "-enable-experimental-feature", "Extern", "-module-name", "LossKit",
      "-emit-module-path", File.kitModule, "-o", File.kitObject,
    ]
  }

  /// The author's file and the export file.
  ///
  /// LossKit is imported without a line in the author's file, which keeps its line numbers. An
  /// expression that is too much for the type checker is an error with a place after a while, long
  /// before the limits of the jail.
  var candidate: [String] {
    ["-frontend", "-c", File.author, File.export] + common + [
      "-I", ".", "-import-module", "LossKit", "-module-name", "Plug", "-strict-memory-safety",
      "-solver-expression-time-threshold=5", "-o", File.object,
    ]
  }

  /// Links without start files: a library of arithmetic has nothing to run when it is loaded.
  var link: [String] {
    [
      "--target=\(toolchain.target)", "-fuse-ld=lld", "-shared", "-nostartfiles", File.object,
      File.kitObject, "-o", File.library, "-lm", "-Wl,-z,defs", "-Wl,-z,now",
      "-Wl,-z,noexecstack", "-Wl,-z,relro", "-Wl,--gc-sections", "-Wl,--build-id=none",
      "-Wl,--hash-style=gnu", "-Wl,-s", "-Wl,--version-script=\(File.exports)",
    ]
  }

  /// The part of cache keys that stands for the command lines.
  var identity: String { (shims + lossKit([]) + candidate + link).joined(separator: " ") }
}
