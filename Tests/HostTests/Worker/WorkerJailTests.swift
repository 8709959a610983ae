import Foundation
import Losses
import Testing

@testable import Host

@Suite("The worker's jail", .serialized)
struct WorkerJailTests {
  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-jail-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("text".utf8).write(to: folder.appendingPathComponent("file"))
    return folder
  }

  private func successes(_ attempts: [String], files: ChildJail?) throws -> [String] {
    var settings = WorkerProgram.settings
    settings.files = files
    let answer = try WorkerSession(settings).run(
      "trespass", Data(attempts.joined(separator: "\n").utf8))
    return try JSON.decode([String].self, from: answer)
  }

  @Test("a worker reads what its job names, writes its scratch folder, and nothing else")
  func files() throws {
    try #require(ChildJail.landlockVersion > 0, "this kernel has no Landlock")
    let (named, other, out) = (try folder(), try folder(), try folder())
    defer { for url in [named, other, out] { try? FileManager.default.removeItem(at: url) } }
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    let allowed = [
      "read \(named.path)/file", "list \(named.path)", "write here", "write \(out.path)/new",
    ]
    let denied = [
      "read \(other.path)/file", "list \(other.path)", "write \(other.path)/new",
      "write \(named.path)/new", "read /etc/passwd", "list \(home)", "list /", "run /bin/true",
      "write /dev/shm/lossmith-test", "socket", "signal \(getpid())", "memory \(getpid())",
      "environment \(getpid())",
    ]
    let jail = ChildJail(readable: [named.path], writable: [out.path])
    let reached = try successes(allowed + denied, files: jail)
    #expect(reached.filter(denied.contains) == [])
    #expect(reached.filter(allowed.contains) == allowed)
    // The control: without the jail everything succeeds, so that each attempt is a real one.
    let control = try successes(allowed + denied, files: nil)
    #expect(denied.filter { !control.contains($0) } == [])
    try? FileManager.default.removeItem(atPath: "/dev/shm/lossmith-test")
  }

  @Test("what a jail lists and is not there is left out")
  func missing() throws {
    #expect(try successes(["write here"], files: ChildJail(readable: ["/no/such"])).count == 1)
  }
}
