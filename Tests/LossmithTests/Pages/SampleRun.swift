import Foundation
import Losses

/// A real run that several tests look at: made once.
///
/// Its transcript has honest proposals, one that does not compile, and one whose name, idea and source are
/// full of markup that wants to run. Two equal losses of the catalogue, and are trained nonetheless.
enum SampleRun {
  static let attack = "<script>hacked = 1</script><img src=x onerror='hacked = 1'>"

  struct Made: Sendable {
    var run: URL
    /// What `discover --json` printed.
    var summary: DiscoverTests.Summary
  }

  static let made = Task { () throws -> Made in
    // Kept until the tests end: other tests read it.
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-sample-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    cleanup.folder = folder
    let transcript = folder.appending(path: "transcript.jsonl")
    try Data(replies.joined(separator: "\n").utf8).write(to: transcript)
    let run = folder.appending(path: "sample")
    let result = try await Program.run([
      "discover", "--json", "--task", "bandit", "--seeds", "2", "--baselines", "dpo", "ipo",
      "--proposer", "replay:\(transcript.path)", "--train-duplicates", "--out", run.path,
    ])
    guard result.status == 0 else { throw Browser.Failure(description: result.errors) }
    return Made(
      run: run,
      summary: try JSON.decode(DiscoverTests.Summary.self, from: Data(result.output.utf8)))
  }

  static var replies: [String] {
    get throws {
      let head = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {\n"
      return try [
        reply(
          "half temperature", "Half the temperature.", head + "  softplus(-batch.margin / 20)\n}"),
        reply(
          "broken \(attack)", "It does not compile. \(attack)",
          head + "  return missing(\"\(attack)\")\n}"),
        reply(
          "mended \(attack)", "An idea: \(attack)",
          head
            + "  // </code></pre></details>\(attack)\n  softplus(-tunables.beta * batch.margin)\n}"),
        reply(
          "hinge", "A hinge.", head + "  relu(1 - tunables.beta * batch.margin)\n}"),
      ]
    }
  }

  private static func reply(_ name: String, _ thought: String, _ code: String) throws -> String {
    struct Proposal: Encodable { var thought, name, code: String }
    struct Line: Encodable { var reply: String }
    let text = try JSON.encode(
      Proposal(thought: thought, name: name, code: code), pretty: false)
    return String(
      decoding: try JSON.encode(
        Line(reply: String(decoding: text, as: UTF8.self)), pretty: false), as: UTF8.self)
  }

  /// Removes the folder when the tests end.
  private final class Cleanup: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: URL?
    var folder: URL? {
      get { lock.withLock { kept } }
      set {
        lock.withLock { kept = newValue }
        atexit {
          if let folder = SampleRun.cleanup.folder {
            try? FileManager.default.removeItem(at: folder)
          }
        }
      }
    }
  }
  private static let cleanup = Cleanup()
}

/// Runs blocking work on a thread of its own: one of Swift's pool must never wait.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
{
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
  }
}
