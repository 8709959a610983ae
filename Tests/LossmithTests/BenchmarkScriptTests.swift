import Foundation
import Host
import Testing

/// What Benchmarks/ answers to flags that cannot be served; needs no PyTorch.
@Suite struct BenchmarkScriptTests {
  @Test(
    "comparisons with PyTorch end with a message, not with a traceback",
    arguments: [
      ("plugin.py --rounds 0", 2, "--rounds"),
      ("plugin.py --rows 0", 2, "--rows"),
      ("plugin.py --program /nowhere", 2, "no program /nowhere"),
      ("plugin.py --program PROGRAM --python /nowhere/py", 1, "/nowhere/py cannot be run"),
      ("plugin.py --program PROGRAM --python false", 1, "false lacks torch"),
      ("plugin.py --program false --python true", 1, "false bench plugin"),
      ("plugin.py --program true --python true", 1, "printed no JSON"),
      ("compare.py train --rounds 0", 2, "--rounds"),
      ("compare.py sample --pairs 3 --shapes tiny", 2, "is a flag of train, not of sample"),
      ("compare.py train --policy DIR", 2, "is a flag of epoch and sample, not of train"),
      ("compare.py epoch --policy / --steps 3", 2, "is a flag of train, not of epoch"),
      ("compare.py epoch --policy /", 2, "no config.json"),
    ])
  func refused(line: String, status: Int, words: String) throws {
    let parts = line.replacingOccurrences(of: "PROGRAM", with: Program.executable.path)
      .split(separator: " ").map(String.init)
    let script = Program.root.appendingPathComponent("Benchmarks/\(parts[0])")
    var command = Command(
      executable: "/usr/bin/env", arguments: ["python3", script.path] + parts.dropFirst())
    let own = ProcessInfo.processInfo.environment
    command.environment = [
      "PATH": own["PATH"] ?? "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1",
    ]
    command.wallSeconds = 600
    let result = try Launcher.shared.run(command)
    guard result.status != .exited(127) else {
      print("There is no python3: the scripts of Benchmarks/ are not run.")
      return
    }
    let errors = String(decoding: result.stderr, as: UTF8.self)
    #expect(result.status == .exited(Int32(status)), "\(errors)")
    #expect(errors.contains(words) && !errors.contains("Traceback"), "\(errors)")
  }
}
