import Foundation
import Losses
import Testing

/// A run over thirty proposals, half of them hostile, beside the same run without those.
@Suite("Hostile discovery", .serialized)
struct HostileDiscoveryTests {
  private func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: Program.fixture(name), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  private func discover(_ replies: [String], in folder: URL) async throws -> DiscoverTests.Summary {
    let transcript = folder.appendingPathExtension("jsonl")
    try replies.joined(separator: "\n").write(to: transcript, atomically: true, encoding: .utf8)
    let result = try await Program.run([
      "discover", "--json", "--task", "bandit", "--proposer", "replay:\(transcript.path)",
      "--seeds", "2", "--resamples", "9", "--train-duplicates", "--confirm-seeds", "0", "--out",
      folder.path,
    ])
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(DiscoverTests.Summary.self, from: Data(result.output.utf8))
  }

  @Test("honest proposals rank and score exactly as without the hostile ones among them")
  func ranks() async throws {
    let folder = try TemporaryFolder()
    let honest = try lines("honest-15.jsonl")
    let hostile = try lines("hostile-15.jsonl")
    try #require(honest.count == 15 && hostile.count == 15)
    defer { withExtendedLifetime(folder) {} }
    let mixed = zip(hostile, honest).flatMap { [$0, $1] }
    let places = ["alone", "among"].map { folder.url.appendingPathComponent($0) }
    // Side by side: together they took more than a minute.
    async let first = discover(honest, in: places[0])
    async let second = discover(mixed, in: places[1])
    let (alone, among) = try await (first, second)
    #expect(alone.candidates.count == 15)
    #expect(alone.failed.isEmpty)
    #expect(among.proposals == 30)
    #expect(among.stop == "exhausted")
    #expect(among.measured.map(\.name) == alone.measured.map(\.name))
    #expect(among.measured.map(\.rank) == alone.measured.map(\.rank))
    #expect(among.measured.map(\.eta) == alone.measured.map(\.eta))
    // Each hostile one ends in its own verdict, and none of them is a fault of ours.
    #expect(among.failed.count == 15)
    let verdicts = among.verdicts
    let expected = [
      "crash": "crashed(SIGILL)", "loop": "timeout", "memory-bomb": "resource",
      "wrong-gradient": "failed(gradient)", "scalar": "failed(shape)", "trap": "crashed(SIGILL)",
      "recursion": "crashed(SIGSEGV)", "not-a-number": "failed(nan)",
      "unknown-name": "rejected(compile)",
    ]
    for (name, verdict) in expected { #expect(verdicts[name] == verdict, "\(name)") }
    for name in ["import-foundation", "constructor", "pointer", "foreign-call"] {
      #expect(
        ["rejected(lint)", "rejected(compile)"].contains(verdicts[name] ?? ""), "\(name)")
    }
    #expect(among.failed.allSatisfy { !$0.finding.verdict.hasPrefix("hostFault") })
  }
}
