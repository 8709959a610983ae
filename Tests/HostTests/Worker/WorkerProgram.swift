import Foundation
import Losses
import Testing

@testable import Host

/// The program that the tests of worker sessions start: this test program itself, asked to run
/// one "test" that turns it into a worker.
enum WorkerProgram {
  static let entry = "workerProgramEntry"

  static var settings: WorkerSession.Settings {
    var settings = WorkerSession.Settings()
    settings.arguments = ["--testing-library", "swift-testing", "--filter", entry]
    return settings
  }

  /// Whether this process was started by a session: asked for the entry, with a socket to answer on.
  static var isWorker: Bool {
    var status = stat()
    return CommandLine.arguments.contains(entry)
      && fstat(WorkerMain.controlDescriptor, &status) == 0
      && status.st_mode & S_IFMT == S_IFSOCK
  }

  static var jobs: [String: WorkerMain.Job] {
    [
      "echo": { payload, context in
        context.progress(Data("half".utf8))
        context.progress(Data("done".utf8))
        return payload
      },
      "surroundings": { _, _ in
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return try JSON.encode(
          Surroundings(
            environment: ProcessInfo.processInfo.environment.keys.sorted(),
            sockets: descriptors.compactMap { Int32($0) }.filter(isSocket).count,
            folder: FileManager.default.currentDirectoryPath))
      },
      // Each line of the payload is something to try; the answer says which succeeded.
      "trespass": { payload, _ in
        let tries = String(decoding: payload, as: UTF8.self).split(separator: "\n").map(String.init)
        return try JSON.encode(tries.filter(Trespass.succeeds))
      },
      "error": { _, _ in
        throw LossmithError(.malformedInput, "not so", at: "here", remedy: "Write it otherwise.")
      },
      "failure": { _, _ in
        throw LossFailure(.failed(check: "nan"), "a message", remedy: "A remedy.")
      },
      "die": { _, _ in
        FileHandle.standardError.write(Data("these are my last words\n".utf8))
        kill(getpid(), SIGKILL)
        return Data()
      },
      "cell": { payload, context in
        context.progress(Data())
        let loss = try context.openCell(
          plugin: URL(fileURLWithPath: String(decoding: payload, as: UTF8.self)))
        return try JSON.encode(
          try loss.evaluate(CellFixture.batch(rows: 4), tunables: [0.1]).values)
      },
      // A supervisor in a process of its own, so that it can be killed. A second line of the payload is a
      // temporary folder of its own.
      "supervise": { payload, context in
        context.progress(Data())
        let words = String(decoding: payload, as: UTF8.self).split(separator: "\n").map(String.init)
        if words.count > 1 { setenv("TMPDIR", words[1], 1) }
        var settings = settings
        settings.files = ChildJail(readable: [words[0]])
        return try WorkerSession(settings).run(
          "cell", Data(words[0].utf8), limits: context.limits)
      },
      "inline": { payload, context in
        let loss = try context.openInline(
          plugin: URL(fileURLWithPath: String(decoding: payload, as: UTF8.self)))
        return try JSON.encode(
          try loss.evaluate(CellFixture.batch(rows: 4), tunables: [0.1]).values)
      },
    ]
  }

  struct Surroundings: Codable {
    var environment: [String]
    var sockets: Int
    var folder: String
  }

  private static func isSocket(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }
}

@Test("this program serves as a worker when it was started as one")
func workerProgramEntry() {
  if WorkerProgram.isWorker { WorkerMain.run(jobs: WorkerProgram.jobs) }
}
