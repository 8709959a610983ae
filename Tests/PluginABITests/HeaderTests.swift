import Foundation
import Testing

/// The header as authors' compilers see it. Swift sees it in `LayoutTests`.
@Suite struct HeaderTests {
  /// Sizes, offsets and ids in words that C11 and C++17 both know.
  static let pins = """
    #define PIN(condition) PIN_ASSERT(condition, #condition)
    PIN(sizeof(loss_arg) == 8);
    PIN(offsetof(loss_arg, role) == 0);
    PIN(offsetof(loss_arg, index) == 4);
    PIN(sizeof(loss_param) == 64);
    PIN(offsetof(loss_param, name) == 0);
    PIN(offsetof(loss_param, minimum) == 32);
    PIN(offsetof(loss_param, maximum) == 40);
    PIN(offsetof(loss_param, initial) == 48);
    PIN(offsetof(loss_param, flags) == 56);
    PIN(offsetof(loss_param, reserved) == 60);
    PIN(sizeof(loss_descriptor) == 1728);
    PIN(offsetof(loss_descriptor, struct_size) == 12);
    PIN(offsetof(loss_descriptor, family) == 16);
    PIN(offsetof(loss_descriptor, name) == 32);
    PIN(offsetof(loss_descriptor, summary) == 64);
    PIN(offsetof(loss_descriptor, args) == 320);
    PIN(offsetof(loss_descriptor, params) == 704);
    PIN(LOSS_STATUS(LOSS_STATUS_SHAPE, 12) == (12 << 8 | 1));
    PIN(LOSS_STATUS(300, 0x7fffff) > 0);
    int32_t use(loss_descriptor *out) { return loss_describe_v1(out); }
    """

  static let headers = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources/PluginABI/include").path

  @Test(
    "the header compiles without a warning and lays out the same",
    arguments: [
      ("cc", "c", ["-std=c11"], "_Static_assert"),
      ("cc", "c", ["-std=c17"], "_Static_assert"),
      ("c++", "c++", ["-std=c++17"], "static_assert"),
      ("clang", "c", ["-std=c11"], "_Static_assert"),
      ("clang++", "c++", ["-std=c++17"], "static_assert"),
    ])
  func compiles(
    compiler: String, language: String, standard: [String], assertion: String
  ) throws {
    guard let program = Self.program(compiler) else {
      // Not every machine has both families of compilers; one there must be.
      try #require(compiler.hasPrefix("clang"), "there is no compiler \(compiler)")
      return
    }
    let strict = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", Self.headers]
    func compile(_ text: String) throws -> Int32 {
      try Self.run(program, ["-x", language] + standard + strict + ["-"], input: text)
    }
    let head = "#include \"loss_abi.h\"\n#define PIN_ASSERT \(assertion)\n"
    #expect(try compile(head + Self.pins + "\n") == 0)
    // The control: a wrong pin does not compile.
    #expect(try compile(head + Self.pins + "\nPIN(sizeof(loss_descriptor) == 1720);\n") != 0)
  }

  static func program(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .map { URL(fileURLWithPath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  static func run(_ program: URL, _ arguments: [String], input: String) throws -> Int32 {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("loss-abi-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
