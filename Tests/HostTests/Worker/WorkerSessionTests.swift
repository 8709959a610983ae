import Foundation
import Losses
import Synchronization
import Testing

@testable import Host

@Suite("Worker sessions", .serialized)
struct WorkerSessionTests {
  private func session() throws -> WorkerSession {
    var settings = WorkerProgram.settings
    settings.files = ChildJail(readable: [FixtureLibrary.folder.path])
    return try WorkerSession(settings)
  }

  private func path(_ fixture: String) throws -> Data {
    Data(try FixtureLibrary.library(fixture).path.utf8)
  }

  @Test("a job's result and progress come back, long ones too, and a session serves many jobs")
  func echo() throws {
    let session = try session()
    let long = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    for payload in [Data(), Data("short".utf8), long] {
      var progress: [String] = []
      let result = try session.run("echo", payload) {
        progress.append(String(decoding: $0, as: UTF8.self))
      }
      #expect(result == payload)
      #expect(progress == ["half", "done"])
    }
  }

  @Test("the environment is built from nothing, and one line leads out")
  func surroundings() throws {
    let session = try session()
    let seen = try JSON.decode(
      WorkerProgram.Surroundings.self, from: try session.run("surroundings", Data()))
    let allowed: Set = [
      "LOSSMITH_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "SWIFT_BACKTRACE",
    ]
    // The test library sets variables of its own once it runs.
    #expect(Set(seen.environment.filter { !$0.hasPrefix("SWT_") }).isSubset(of: allowed))
    #expect(seen.environment.contains("OPENBLAS_NUM_THREADS"))
    // The control: there is something of ours that could have come along.
    #expect(ProcessInfo.processInfo.environment.keys.contains { !allowed.contains($0) })
    #expect(seen.sockets == 1)
    #expect(FileManager.default.fileExists(atPath: seen.folder))
  }

  @Test("errors and failures of a job arrive as they were thrown")
  func errors() throws {
    let session = try session()
    let error = #expect(throws: LossmithError.self) { try session.run("error", Data()) }
    #expect(error?.code == .malformedInput)
    #expect(error?.code.exitCode == .usage)
    #expect(error?.location == "here")
    #expect(error?.remedy == "Write it otherwise.")
    let failure = #expect(throws: LossFailure.self) { try session.run("failure", Data()) }
    #expect(
      failure?.finding == Finding(.failed(check: "nan"), "a message", remedy: "A remedy."))
    let unknown = #expect(throws: LossmithError.self) { try session.run("no such job", Data()) }
    #expect(unknown?.code == .hostFault)
    #expect(try session.run("echo", Data([1])) == Data([1]))
  }

  @Test("a worker has its plug-ins run in cells that the supervisor starts")
  func cells() throws {
    let session = try session()
    let expected = CellFixture.dpo(CellFixture.batch(rows: 4), beta: 0.1)
    let values = try JSON.decode(
      [Double].self, from: try session.run("cell", try path("benign")))
    #expect(
      CellFixture.agree(
        LossOutput(values: values, gradients: expected.gradients), expected))
    let parent = Processes.parent(of: session.processIdentifier)
    #expect(parent == getpid())
    for (name, verdict) in [
      ("fork", Verdict.violation(syscall: "clone")), ("null-write", .crashed(signal: SIGSEGV)),
      ("loop", .timeout), ("exit-zero", .violation(syscall: "exit_group")),
    ] {
      let plugin = try path(name)
      let failure = #expect(throws: LossFailure.self) {
        try session.run("cell", plugin, limits: CellFixture.limits)
      }
      #expect(failure?.finding.verdict == verdict)
    }
    // The run goes on.
    #expect(try session.run("cell", try path("benign")).isEmpty == false)
  }

  @Test("a worker that dies is a fault of the host that says how")
  func death() throws {
    let session = try session()
    let error = #expect(throws: LossmithError.self) { try session.run("die", Data()) }
    #expect(error?.code == .hostFault)
    let death = try #require(error?.underlying as? WorkerSession.Death)
    #expect(death.reason == .signalled(SIGKILL))
    #expect(death.lastWords.hasSuffix("these are my last words"))
  }

  @Test("an inline plug-in works in the worker, and its crash is the worker's")
  func inline() throws {
    let session = try session()
    let values = try JSON.decode(
      [Double].self, from: try session.run("inline", try path("benign")))
    #expect(values.count == 4)
    let plugin = try path("null-write")
    let error = #expect(throws: LossmithError.self) { try session.run("inline", plugin) }
    let death = try #require(error?.underlying as? WorkerSession.Death)
    #expect(death.reason == .signalled(SIGSEGV))
  }

  /// Runs a job that loops in a cell, and `stop` on another thread once `find` sees as many
  /// processes as it should. Gives the error of the job and those processes.
  private func stopLoop(
    _ session: WorkerSession, job: String = "cell", count: Int = 2,
    find: @escaping @Sendable () -> [Int32], stop: @escaping @Sendable () -> Void
  ) throws -> (error: LossmithError?, processes: [Int32]) {
    let plugin = try path("loop")
    var limits = CellLimits()
    limits.cpuSecondsPerCall = 600
    let seen = Mutex<[Int32]>([])
    let watcher = Thread {
      _ = HostilePluginTests.eventually {
        let found = find()
        seen.withLock { $0 = found }
        return found.count >= count
      }
      stop()
    }
    let error = #expect(throws: LossmithError.self) {
      try session.run(job, plugin, limits: limits) { _ in watcher.start() }
    }
    let processes = seen.withLock { $0 }
    #expect(processes.count >= count)
    return (error, processes)
  }

  /// Reporters and plug-in processes of a session's cells.
  private static func processes(_ cells: LocalCells) -> [Int32] {
    cells.reporters.flatMap { [$0] + Processes.descendants(of: $0) }
  }

  @Test("killing the worker kills its cell")
  func killedWorker() throws {
    let session = try session()
    let worker = session.processIdentifier
    let cells = session.cells
    let (error, processes) = try stopLoop(session) {
      Self.processes(cells)
    } stop: {
      kill(worker, SIGKILL)
    }
    #expect((error?.underlying as? WorkerSession.Death)?.reason == .signalled(SIGKILL))
    for process in processes { #expect(Processes.waitUntilGone(process)) }
  }

  @Test("killing a supervisor kills its worker and its cell")
  func killedSupervisor() throws {
    // A supervisor starts programs, which a jailed worker may not.
    var settings = WorkerProgram.settings
    settings.files = nil
    let session = try WorkerSession(settings)
    let supervisor = session.processIdentifier
    // Its worker, what wraps the cell, the reporter, and the plug-in process.
    let (_, processes) = try stopLoop(session, job: "supervise", count: 3) {
      Processes.descendants(of: supervisor)
    } stop: {
      kill(supervisor, SIGKILL)
    }
    for process in processes { #expect(Processes.waitUntilGone(process)) }
  }

  @Test("an interruption kills worker and cell")
  func interruption() throws {
    let wake = try ProcessPipe()
    var settings = WorkerProgram.settings
    settings.files = ChildJail(readable: [FixtureLibrary.folder.path])
    let session = try WorkerSession(settings, interruption: wake.readEnd)
    let worker = session.processIdentifier
    let cells = session.cells
    let end = wake.writeEnd
    let (error, processes) = try stopLoop(session) {
      Self.processes(cells)
    } stop: {
      var byte: UInt8 = 1
      write(end, &byte, 1)
    }
    #expect(error?.code == .interrupted)
    #expect(Processes.waitUntilGone(worker))
    for process in processes { #expect(Processes.waitUntilGone(process)) }
  }

  @Test("a session that goes takes its worker and its folder along")
  func gone() throws {
    var session: WorkerSession? = try session()
    let seen = try JSON.decode(
      WorkerProgram.Surroundings.self,
      from: try #require(try session?.run("surroundings", Data())))
    let worker = try #require(session?.processIdentifier)
    session = nil
    #expect(!Processes.isAlive(worker))
    #expect(!FileManager.default.fileExists(atPath: seen.folder))
  }

  @Test("a worker that does not speak the protocol is a fault of the host")
  func stranger() throws {
    var settings = WorkerSession.Settings()
    settings.program = URL(fileURLWithPath: "/bin/cat")
    settings.arguments = ["/no/such/file"]
    let session = try WorkerSession(settings)
    let error = #expect(throws: LossmithError.self) { try session.run("echo", Data()) }
    #expect(error?.code == .hostFault)
  }
}
