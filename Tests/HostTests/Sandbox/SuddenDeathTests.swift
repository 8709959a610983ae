import Foundation
import Losses
import Testing

@testable import Host

/// SIGKILL at moments that nobody chose: no process and no memory region stays, and what lies in
/// the temporary folder is swept at the next start.
@Suite("Sudden death", .serialized)
struct SuddenDeathTests {
  static let trials = 60

  /// Numbers of the memory regions that processes map.
  private static func regions(of processes: [Int32]) -> Set<String> {
    var found: Set<String> = []
    for process in processes {
      let maps = (try? String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)) ?? ""
      for line in maps.split(separator: "\n") where line.contains("memfd:loss-") {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        if fields.count > 4 { found.insert("\(fields[3]) \(fields[4])") }
      }
    }
    return found
  }

  /// How far a supervisor has come.
  enum Stage: CaseIterable {
    case supervisor, worker, cell

    init(processes: [Int32], regions: Set<String>) {
      self = processes.isEmpty ? .supervisor : regions.isEmpty ? .worker : .cell
    }
  }

  /// Waits until a stage is there, however slow the machine; false when it never comes.
  private static func reaches(_ stage: Stage, _ supervisor: Int32) -> Bool {
    for _ in 0..<30_000 {
      let processes = Processes.descendants(of: supervisor)
      switch stage {
      case .supervisor: return true
      case .worker: if !processes.isEmpty { return true }
      case .cell: if !Self.regions(of: processes).isEmpty { return true }
      }
      usleep(2_000)
    }
    return false
  }

  @Test("killing supervisor or worker at a random moment leaves nothing")
  func nothingStays() throws {
    var random = RandomStream(seed: 5, purpose: "sudden-death")
    let plugin = Data(try FixtureLibrary.library("loop").path.utf8)
    var limits = CellLimits()
    limits.cpuSecondsPerCall = 600
    let jobLimits = limits
    var seen: [Stage: Int] = [:]
    for trial in 0..<Self.trials {
      var settings = WorkerProgram.settings
      settings.files = nil
      // Used by one thread after the other.
      nonisolated(unsafe) let session = try WorkerSession(settings)
      let supervisor = session.processIdentifier
      let runner = Thread {
        _ = try? session.run("supervise", plugin, limits: jobLimits)
      }
      runner.start()
      // A stage, which takes as long as this machine takes to reach it, and a moment within it.
      let stage = Stage.allCases[random.below(Stage.allCases.count)]
      #expect(Self.reaches(stage, supervisor), "trial \(trial): \(stage)")
      usleep(UInt32(random.below(30_000)))
      kill(supervisor, SIGSTOP)
      let processes = Processes.descendants(of: supervisor)
      let regions = Self.regions(of: processes)
      seen[Stage(processes: processes, regions: regions), default: 0] += 1
      // The supervisor, or its worker when it has one already.
      let victim = trial % 2 == 0 ? supervisor : processes.first ?? supervisor
      kill(victim, SIGKILL)
      if victim != supervisor {
        kill(supervisor, SIGCONT)
        // A supervisor that has lost its worker ends its cells and lives; then it goes as well.
        for process in processes.dropFirst() { #expect(Processes.waitUntilGone(process)) }
        kill(supervisor, SIGKILL)
      }
      for process in processes + [supervisor] {
        #expect(Processes.waitUntilGone(process), "trial \(trial)")
      }
      let after = Processes.all.filter { !Self.regions(of: [$0]).isDisjoint(with: regions) }
      #expect(after == [], "trial \(trial)")
    }
    // The moments were spread: before or with the worker, and with its cell.
    #expect(seen.count >= 2, "\(seen)")
    #expect(seen[.cell] ?? 0 >= Self.trials / 10, "\(seen)")
  }

  @Test("folders of killed processes are swept at the next start, those of living ones stay")
  func sweep() throws {
    let mine = try Scratch.make()
    defer { try? FileManager.default.removeItem(at: mine) }
    let root = mine.deletingLastPathComponent().deletingLastPathComponent()
    var settings = WorkerProgram.settings
    settings.files = nil
    // A supervisor of its own, with a folder for its worker.
    nonisolated(unsafe) let session = try WorkerSession(settings)
    // Of its own, where no other program that starts meanwhile sweeps.
    let elsewhere = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: elsewhere) }
    let payload = Data(
      "\(try FixtureLibrary.library("loop").path)\n\(elsewhere.path)".utf8)
    let thread = Thread { _ = try? session.run("supervise", payload) }
    thread.start()
    let supervisor = session.processIdentifier
    func workingFolder(_ process: Int32) -> String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
    }
    var folder: String?
    #expect(
      HostilePluginTests.eventually {
        folder = Processes.children(of: supervisor).first.flatMap(workingFolder)
        // Between its fork and its exec a worker is still where its supervisor is, in a folder of ours.
        return folder?.contains("/lossmith-") == true && folder != workingFolder(supervisor)
      })
    let left = try #require(folder)
    let theirs = URL(fileURLWithPath: left).deletingLastPathComponent().deletingLastPathComponent()
    #expect(theirs.deletingLastPathComponent().lastPathComponent == elsewhere.lastPathComponent)
    Scratch.sweep(root)
    Scratch.sweep(theirs)
    #expect(FileManager.default.fileExists(atPath: left))
    kill(supervisor, SIGKILL)
    #expect(Processes.waitUntilGone(supervisor))
    #expect(FileManager.default.fileExists(atPath: left))
    // What the next process does first. The worker dies with its supervisor, a moment later, and holds the folder as long.
    #expect(
      HostilePluginTests.eventually {
        Scratch.sweep(theirs)
        return !FileManager.default.fileExists(atPath: left)
      })
    #expect(FileManager.default.fileExists(atPath: mine.path))
  }
}
