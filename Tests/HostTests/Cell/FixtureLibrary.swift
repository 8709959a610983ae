import Foundation
import Losses
import Synchronization
import Testing

@testable import Host

/// The plug-ins of `Fixtures/hostile`, compiled when first asked for.
enum FixtureLibrary {
  private static let built = Mutex<[String: Result<URL, LossmithError>]>([:])

  /// Names a folder of libraries that another test process has compiled already.
  static let variable = "LOSSMITH_TEST_FIXTURES"

  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment[variable] {
      return URL(fileURLWithPath: path)
    }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-fixtures-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    atexit { FixtureLibrary.removeFolder() }
    return folder
  }()

  private static func removeFolder() {
    try? FileManager.default.removeItem(at: folder)
  }

  static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/hostile")

  /// The shared library of a fixture.
  static func library(_ name: String) throws -> URL {
    try built.withLock { built in
      if let result = built[name] { return try result.get() }
      let result = Result { () throws(LossmithError) in try compile(name) }
      built[name] = result
      return try result.get()
    }
  }

  static func image(_ name: String) throws -> PluginImage {
    try PluginImage(path: try library(name).path)
  }

  private static func compile(_ name: String) throws(LossmithError) -> URL {
    let output = folder.appendingPathComponent("\(name).so")
    if ProcessInfo.processInfo.environment[variable] != nil { return output }
    let headers = try Installation.current().abiHeaders
    try compile([
      "-shared", "-fPIC", "-O1", "-w", "-I", headers.path,
      sources.appendingPathComponent("\(name).c").path, "-o", output.path, "-lm",
    ])
    return output
  }

  /// Compiles a program of `Fixtures`.
  static func program(
    _ name: String, to output: URL, definitions: [String] = []
  ) throws(LossmithError) {
    let source = sources.deletingLastPathComponent().appendingPathComponent("\(name).c")
    try compile(["-O1", "-w", source.path, "-o", output.path] + definitions.map { "-D\($0)" })
  }

  private static func compile(_ arguments: [String]) throws(LossmithError) {
    var command = Command(executable: try compiler(), arguments: arguments, wallSeconds: 600)
    command.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
    let result = try Launcher.shared.run(command)
    guard result.status == .exited(0) else {
      throw LossmithError(
        .hostFault,
        "the fixture does not compile: \(String(decoding: result.stderr, as: UTF8.self))",
        at: arguments.last)
    }
  }

  /// Any C compiler: the system's, or the one that comes with Swift.
  private static func compiler() throws(LossmithError) -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for name in ["cc", "clang"] {
      for folder in path.split(separator: ":") {
        let candidate = "\(folder)/\(name)"
        if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      }
    }
    throw LossmithError(.missingTool, "the tests of the cell need a C compiler")
  }
}

/// What the tests of cells share.
enum CellFixture {
  /// Small limits, so that bombs and loops end soon.
  static let limits = CellLimits(
    cpuSecondsPerCall: 0.3, memoryBytes: 48 << 20, cpuSecondsOverall: 60)

  /// Pairs whose margins are spread around 0.
  static func batch(rows: Int) -> LossBatch {
    LossBatch(
      policyChosen: (0..<rows).map { -40 + 0.5 * Double($0) },
      policyRejected: (0..<rows).map { -42 - 0.25 * Double($0) },
      referenceChosen: (0..<rows).map { -41 + 0.125 * Double($0) },
      referenceRejected: (0..<rows).map { -41.5 - 0.0625 * Double($0) })
  }

  /// DPO of a batch by its formula: softplus(−βρ) and its slope.
  static func dpo(_ batch: LossBatch, beta: Double) -> LossOutput {
    let x = batch.margin.map { beta * $0 }
    let slope = x.map { -beta / (1 + exp($0)) }
    return LossOutput(
      values: x.map { max(-$0, 0) + log1p(exp(-abs($0))) },
      gradients: [.policyChosen: slope, .policyRejected: slope.map { -$0 }])
  }

  /// Opens a fixture in a cell of its own source and makes calls.
  ///
  /// - Returns: the verdict of the first failure, `ok` when there is none.
  static func verdict(
    of name: String, calls: Int = 1, rows: Int = 8, limits: CellLimits = limits
  ) throws -> Verdict {
    try finding(of: name, calls: calls, rows: rows, limits: limits).verdict
  }

  static func finding(
    of name: String, calls: Int = 1, rows: Int = 8, limits: CellLimits = limits
  ) throws -> Finding {
    let library = try FixtureLibrary.library(name)
    let cells = try LocalCells()
    do throws(LossFailure) {
      let image = try PluginImage(path: library.path)
      let loss = try CellLoss(image: image, cells: cells, limits: limits)
      for _ in 0..<calls {
        _ = try loss.evaluate(
          batch(rows: rows), tunables: loss.descriptor.tunableValues())
      }
      return Finding(.ok)
    } catch {
      return error.finding
    }
  }

  /// Whether two outputs agree to the last few bits.
  static func agree(_ a: LossOutput, _ b: LossOutput) -> Bool {
    func near(_ x: [Double], _ y: [Double]) -> Bool {
      x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) <= 1e-13 * abs($1) + 1e-15 }
    }
    return near(a.values, b.values) && a.gradients.keys == b.gradients.keys
      && a.gradients.allSatisfy { near($0.value, b.gradients[$0.key] ?? []) }
  }
}
