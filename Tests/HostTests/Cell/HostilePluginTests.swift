import Foundation
import Losses
import Testing

@testable import Host

/// Real misbehaving plug-ins in real cells: each has its exact verdict, and the control passes.
@Suite("Hostile plug-ins", .serialized)
struct HostilePluginTests {
  @Test("the control passes through the same harness")
  func control() throws {
    #expect(try CellFixture.verdict(of: "benign", calls: 3) == .ok)
    #expect(try CellFixture.verdict(of: "constructor-benign") == .ok)
  }

  @Test(
    "a crash is told by its signal",
    arguments: [
      ("null-write", SIGSEGV), ("abort", SIGABRT), ("trap", SIGILL), ("divide", SIGFPE),
      ("write-input", SIGSEGV), ("unmap-output", SIGSEGV), ("stack-overflow", SIGSEGV),
      ("constructor-crash", SIGSEGV), ("describe-crash", SIGSEGV),
    ])
  func crash(name: String, signal: Int32) throws {
    #if arch(arm64)
      // brk is SIGTRAP there, and integer division by zero gives 0.
      if name == "trap" { #expect(try CellFixture.verdict(of: name) == .crashed(signal: SIGTRAP)) }
      if name == "trap" || name == "divide" { return }
    #endif
    let verdict = try CellFixture.verdict(of: name)
    #expect(verdict == .crashed(signal: signal))
  }

  @Test(
    "a denied system call is told by its name",
    arguments: [
      ("fork", "clone"), ("vfork", "vfork"), ("thread", "clone"), ("clone3", "clone3"),
      ("execve", "execve"), ("socket", "socket"), ("open", "openat"), ("write-stdout", "write"),
      ("exit-zero", "exit_group"), ("kill-parent", "getppid"), ("kill-all", "kill"),
      ("raise-kill", "tgkill"), ("signal-handler", "rt_sigaction"), ("ptrace", "ptrace"),
      ("mprotect-code", "mprotect"), ("mmap-code", "mmap"), ("io-uring", "io_uring_setup"),
      ("sleep", "clock_nanosleep"), ("constructor-fork", "clone"),
      ("constructor-exit", "exit_group"), ("constructor-write", "openat"),
    ])
  func violation(name: String, call: String) throws {
    let verdict = try CellFixture.verdict(of: name)
    #expect(verdict == .violation(syscall: call))
  }

  @Test(
    "a loss that prints, or says why it gives up, is told what that was",
    arguments: ["write-stdout", "assert", "print"])
  func speaking(name: String) throws {
    let finding = try CellFixture.finding(of: name)
    guard case .violation(let call?) = finding.verdict else {
      Issue.record("\(finding.verdict)")
      return
    }
    #expect(["write", "writev", "fstat", "newfstatat"].contains(call))
    #expect(finding.remedy.contains("an assertion that fails"))
    #expect(finding.remedy.contains("check indices"))
    // The control: another call of the system has nothing to do with it.
    #expect(try !CellFixture.finding(of: "socket").remedy.contains("assertion"))
  }

  #if arch(x86_64)
    @Test("a call through another architecture's gate is a violation without a name")
    func otherArchitecture() throws {
      #expect(try CellFixture.verdict(of: "other-architecture") == .violation(syscall: nil))
    }
  #endif

  @Test(
    "memory beyond the limit is a matter of resources",
    arguments: ["memory-bomb", "huge-allocation", "huge-mapping", "huge-realloc"])
  func memory(name: String) throws {
    var limits = CellFixture.limits
    // Touching fresh pages is slow on a virtual machine; the loop has its own test.
    limits.cpuSecondsPerCall = 5
    let verdict = try CellFixture.verdict(of: name, limits: limits)
    #expect(verdict == .resource)
  }

  @Test(
    "an endless loop ends by processor time", arguments: [("loop", 1), ("loop-second-call", 2)])
  func loop(name: String, calls: Int) throws {
    #expect(try CellFixture.verdict(of: name, calls: calls) == .timeout)
  }

  @Test("waiting without computing ends by ten times the limit in wall time")
  func sleeping() throws {
    var limits = CellFixture.limits
    limits.cpuSecondsPerCall = 0.05
    #expect(try CellFixture.verdict(of: "futex-request", limits: limits) == .timeout)
  }

  @Test("sleeping on any other word is a violation, however short", arguments: [true, false])
  func naps(isNamed: Bool) throws {
    var limits = CellFixture.limits
    limits.namesSystemCalls = isNamed
    for name in ["futex-sleep", "futex-nap"] {
      let verdict = try CellFixture.verdict(of: name, limits: limits)
      #expect(verdict == .violation(syscall: isNamed ? "futex" : nil))
    }
    #expect(try CellFixture.verdict(of: "benign", calls: 3, limits: limits) == .ok)
  }

  @Test("calls that are each short enough have a budget together")
  func budget() throws {
    var limits = CellFixture.limits
    limits.cpuSecondsPerCall = 5
    limits.budgetSeconds = 0.3
    limits.budgetSecondsPerCall = 0.002
    let finding = try CellFixture.finding(of: "burn", calls: 1000, limits: limits)
    #expect(finding.verdict == .timeout)
    #expect(finding.message.contains("together"))
    #expect(try CellFixture.verdict(of: "benign", calls: 1000, limits: limits) == .ok)
  }

  @Test("time is looked at for small batches too")
  func smallBatches() throws {
    func check(_ name: String) throws -> Verdict {
      let image = try FixtureLibrary.image(name)
      let cells = try LocalCells()
      return CheckSuite { () throws(LossFailure) in
        try CellLoss(image: image, cells: cells)
      }.run().finding.verdict
    }
    #expect(try check("burn-eight") == .failed(check: "time"))
    #expect(try check("benign") == .ok)
  }

  @Test("no words of a plug-in reach whoever reads its verdict")
  func words() throws {
    for name in ["forged-outcome", "unresolved-sentence"] {
      let finding = try CellFixture.finding(of: name)
      let text = "\(finding.verdict) \(finding.message) \(finding.remedy)"
      for word in ["eta", "SYSTEM", "ignore", "passed"] {
        #expect(!text.contains(word), "\(name): \(text)")
      }
    }
    let library = try FixtureLibrary.library("unresolved-sentence")
    let report = try Gate.inspect(
      try Data(contentsOf: library), name: "x", strictness: .trusted)
    #expect(!report.problems.isEmpty)
    #expect(!report.problems.contains { "\($0)".contains("ignore_previous") })
    // An ordinary name is told.
    #expect(
      try CellFixture.finding(of: "unresolved").message.contains("symbol nobody_has_this_function"))
  }

  @Test("what was not written is told from NaN")
  func unwritten() throws {
    let finding = try CellFixture.finding(of: "half")
    #expect(finding.verdict == .failed(check: "written"))
    #expect(finding.message.contains("loss[7]"))
    #expect(try CellFixture.verdict(of: "nothing") == .failed(check: "written"))
    // What an earlier call left does not pass for an answer.
    #expect(try CellFixture.verdict(of: "nothing-second-call") == .ok)
    #expect(
      try CellFixture.verdict(of: "nothing-second-call", calls: 2) == .failed(check: "written"))
    #expect(try CellFixture.verdict(of: "nan") == .ok)
  }

  @Test("a forged sequence word breaks the protocol")
  func forged() throws {
    #expect(try CellFixture.verdict(of: "forged-sequence") == .failed(check: "protocol"))
  }

  @Test("a library that never ends loading, to keep the loader's leave, answers to nobody")
  func endlessLoading() throws {
    #expect(try CellFixture.verdict(of: "constructor-serves") == .failed(check: "protocol"))
    // Who says that it is loaded is held to it, and then may answer in whatever way it likes.
    #expect(
      try CellFixture.verdict(of: "constructor-serves-loaded") == .violation(syscall: "openat"))
    #expect(try CellFixture.verdict(of: "constructor-serves-tame", calls: 3) == .ok)
  }

  @Test("an early reply is the plug-in's own loss: its next call finds it busy")
  func early() throws {
    let first = try CellFixture.verdict(of: "early-sequence")
    #expect(first == .ok)
    let second = try CellFixture.verdict(of: "early-sequence", calls: 2)
    #expect(second == .timeout)
  }

  @Test("a write past the end of an output is found")
  func pastEnd() throws {
    #expect(try CellFixture.verdict(of: "past-end") == .failed(check: "bounds"))
  }

  @Test("an input cannot be made writable")
  func remap() throws {
    let loss = try CellLoss(
      image: try FixtureLibrary.image("remap-input"), cells: try LocalCells(),
      limits: CellFixture.limits)
    let output = try loss.evaluate(CellFixture.batch(rows: 2), tunables: [0.1])
    #expect(output.values[0] == Double(EACCES))
  }

  @Test("a status is a failure with words of ours, and the cell lives on")
  func status() throws {
    let own = try CellFixture.finding(of: "status")
    #expect(own.verdict == .failed(check: "status"))
    #expect(own.message.contains("77"))
    let shape = try CellFixture.finding(of: "status-shape")
    #expect(shape.verdict == .failed(check: "shape"))
    #expect(shape.message.contains("line 12"))
    #expect(!shape.remedy.isEmpty)
  }

  @Test("a wrong magic number is a descriptor that was refused, by the name of the field")
  func wrongMagic() throws {
    let finding = try CellFixture.finding(of: "wrong-magic")
    #expect(finding.verdict == .rejected(.descriptor))
    #expect(finding.message.contains("magic"))
  }

  @Test("a library without the kernel, or with an unresolved symbol, does not pass the gate")
  func missingSymbols() throws {
    let missing = try CellFixture.finding(of: "missing-symbol")
    #expect(missing.verdict == .rejected(.gate))
    #expect(missing.message.contains("loss_kernel_v1"))
    let unresolved = try CellFixture.finding(of: "unresolved")
    #expect(unresolved.verdict == .rejected(.gate))
    #expect(unresolved.message.contains("nobody_has_this_function"))
  }

  @Test("a library cut short anywhere is refused without being loaded")
  func truncated() throws {
    let whole = try Data(contentsOf: try FixtureLibrary.library("benign"))
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-\(UUID().uuidString).so")
    defer { try? FileManager.default.removeItem(at: file) }
    for length in [0, 3, 63, 64, 500, 4096, whole.count / 2] {
      try whole.prefix(length).write(to: file)
      let failure = #expect(throws: LossFailure.self) { try PluginImage(path: file.path) }
      #expect(failure?.finding.verdict == .rejected(.gate), "\(length) bytes")
    }
    try whole.write(to: file)
    #expect(throws: Never.self) { try PluginImage(path: file.path) }
  }

  @Test("a plug-in that describes itself differently in a fresh cell is not deterministic")
  func twoFaced() throws {
    let loss = try CellLoss(
      image: try FixtureLibrary.image("two-faced"), cells: try LocalCells(),
      limits: CellFixture.limits)
    let failure = #expect(throws: LossFailure.self) { try loss.restart() }
    #expect(failure?.finding.verdict == .failed(check: "determinism"))
  }

  @Test("after a death the next call has a fresh cell, and no process is left")
  func nothingLeft() throws {
    let cells = try LocalCells()
    let loss = try CellLoss(
      image: try FixtureLibrary.image("loop-second-call"), cells: cells,
      limits: CellFixture.limits)
    let batch = CellFixture.batch(rows: 2)
    for _ in 0..<2 {
      #expect(throws: Never.self) { try loss.evaluate(batch, tunables: [0.1]) }
      #expect(throws: LossFailure.self) { try loss.evaluate(batch, tunables: [0.1]) }
    }
    let before = cells.reporters.flatMap(Processes.descendants)
    loss.close()
    #expect(Self.eventually { cells.reporters == [] })
    for plugin in before { #expect(Processes.waitUntilGone(plugin)) }
  }

  /// Polls for up to a minute.
  static func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<6_000 {
      if condition() { return true }
      usleep(10_000)
    }
    return condition()
  }
}
