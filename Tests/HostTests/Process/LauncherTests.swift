import CLaunch
import Foundation
import Losses
import Testing

@testable import Host

@Suite("Launcher", .serialized)
struct LauncherTests {
  /// A shell command with nothing but a path in its environment.
  private func shell(_ script: String) -> Command {
    Command(
      executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
      wallSeconds: 300)
  }

  @Test("a command's output, error output and exit code come back apart")
  func collects() throws {
    let result = try Launcher.shared.run(shell("echo out; echo err >&2; exit 7"))
    #expect(result.status == .exited(7))
    #expect(String(decoding: result.stdout, as: UTF8.self) == "out\n")
    #expect(String(decoding: result.stderr, as: UTF8.self) == "err\n")
    #expect(result.maxResidentBytes > 0)
  }

  @Test("a signal is told from an exit code of the same number")
  func signals() throws {
    #expect(try Launcher.shared.run(shell("kill -SYS $$")).status == .signalled(SIGSYS))
    #expect(try Launcher.shared.run(shell("exit 159")).status == .exited(159))
  }

  @Test("the environment holds what was given and nothing of ours")
  func environment() throws {
    // Ours is read and never set: other threads may be reading it.
    try #require(!ProcessInfo.processInfo.environment.isEmpty)
    var command = Command(executable: "/usr/bin/env", wallSeconds: 300)
    command.environment = ["ONLY": "this"]
    let result = try Launcher.shared.run(command)
    #expect(String(decoding: result.stdout, as: UTF8.self) == "ONLY=this\n")
  }

  @Test("a child holds no descriptor but those given")
  func descriptors() throws {
    // One without close-on-exec, as careless code leaves behind.
    let leaked = dup(open("/dev/null", O_RDONLY))
    defer { close(leaked) }
    let result = try Launcher.shared.run(shell("ls /proc/$$/fd"))
    #expect(String(decoding: result.stdout, as: UTF8.self) == "0\n1\n2\n")
  }

  @Test("input reaches the program, more than a pipe holds too")
  func input() throws {
    var command = shell("wc -c")
    command.input = Data(repeating: 65, count: 300_000)
    let result = try Launcher.shared.run(command)
    #expect(String(decoding: result.stdout, as: UTF8.self) == "300000\n")
  }

  @Test("a program that does not read its input is no fault")
  func unreadInput() throws {
    var command = shell("exec true")
    command.input = Data(repeating: 65, count: 3_000_000)
    #expect(try Launcher.shared.run(command).status == .exited(0))
  }

  @Test("a program that is not there is a missing tool")
  func missing() {
    let error = #expect(throws: LossmithError.self) {
      try Launcher.shared.run(Command(executable: "/no/such/program"))
    }
    #expect(error?.code == .missingTool)
    #expect(error?.location == "/no/such/program")
  }

  @Test("a directory that is not there is named")
  func missingDirectory() {
    var command = shell("true")
    command.workingDirectory = "/no/such/folder"
    let error = #expect(throws: LossmithError.self) { try Launcher.shared.run(command) }
    #expect(error?.location == "/no/such/folder")
  }

  @Test("the wall limit kills the whole group, grandchildren too")
  func wallLimit() throws {
    let marker = "86417.25"
    var command = shell("sleep \(marker) & sleep \(marker)")
    command.wallSeconds = 0.3
    #expect(try Launcher.shared.run(command).status == .timedOut)
    #expect(Processes.allGone(argument: marker))
  }

  @Test("what a program leaves running in its group dies with it")
  func leftovers() throws {
    let marker = "86418.25"
    let result = try Launcher.shared.run(shell("sleep \(marker) >/dev/null 2>&1 & echo done"))
    #expect(result.status == .exited(0))
    #expect(Processes.allGone(argument: marker))
  }

  @Test("the output limit ends a program that writes for ever, and the rest is cut")
  func outputLimit() throws {
    var command = shell("while :; do echo 0123456789; done")
    command.outputLimitBytes = 10_000
    let result = try Launcher.shared.run(command)
    #expect(result.status == .outputLimit)
    #expect(result.stdout.count + result.stderr.count == 10_000)
  }

  @Test("the processor limit ends a loop")
  func processorLimit() throws {
    var command = shell("while :; do :; done")
    command.limits.cpuSeconds = 1
    #expect(try Launcher.shared.run(command).status == .signalled(SIGXCPU))
  }

  @Test("a written file stops at its limit")
  func fileLimit() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var command = shell("head -c 100000 /dev/zero > \(path)")
    command.limits.fileSizeBytes = 4096
    #expect(try Launcher.shared.run(command).status != .exited(0))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 4096)
  }

  @Test("an interruption kills the group and is thrown")
  func interruption() throws {
    let marker = "86419.25"
    let wake = try ProcessPipe()
    wake.closeWriteEnd()  // a closed pipe is readable at once, as the descriptor is for good
    let error = #expect(throws: LossmithError.self) {
      try Launcher.shared.run(shell("sleep \(marker)"), interruption: wake.readEnd)
    }
    #expect(error?.code == .interrupted)
    #expect(Processes.allGone(argument: marker))
  }

  @Test("a child whose object goes is killed and reaped")
  func dropped() throws {
    var command = shell("exec sleep 86420.25")
    command.wallSeconds = nil
    var child: ChildProcess? = try Launcher.shared.start(command, descriptors: [-1, -1, -1])
    let pid = try #require(child?.pid)
    #expect(child?.isRunning == true)
    child = nil
    #expect(kill(pid, 0) == -1)
  }

  @Test("children made from many threads all end and leave no descriptor behind")
  func leaks() throws {
    func open() -> Set<String> {
      Set((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [])
    }
    let before = open()
    DispatchQueue.concurrentPerform(iterations: 120) { index in
      let result = try? Launcher.shared.run(shell("exit \(index)"))
      #expect(result?.status == .exited(Int32(index)))
    }
    // Other suites open and close descriptors meanwhile; of a leak at least 120 stay.
    var stayed = open().subtracting(before)
    #expect(
      HostilePluginTests.eventually {
        stayed.formIntersection(open())
        return stayed.count < 60
      }, "\(stayed.count)")
  }
}
