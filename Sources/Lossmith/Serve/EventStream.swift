import FlyingSocks
import Foundation
import Losses
import Report

/// The server-sent events of one reader: what changed, as soon as it does.
///
/// An event `sections` holds a JSON list of `{"id", "html"}`; its id names the version, so that a reader
/// whose connection broke gets what it missed and no more. Now and then a comment goes out, which finds
/// out whether anybody is there.
struct EventStream: AsyncBufferedSequence {
  typealias Element = UInt8

  let watcher: RunWatcher
  /// The version that the reader has.
  let version: Int

  func makeAsyncIterator() -> Iterator { Iterator(watcher: watcher, version: version) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    let watcher: RunWatcher
    var version: Int
    private var isOpened = false

    init(watcher: RunWatcher, version: Int) {
      self.watcher = watcher
      self.version = version
    }

    mutating func next() async throws -> UInt8? {
      throw LossmithError(.hostFault, "Events are sent as they come, not byte by byte.")
    }

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
      if !isOpened {
        isOpened = true
        return Array("retry: 1000\n\n".utf8)
      }
      for _ in 0..<20 {
        try Task.checkCancellation()
        let snapshot = watcher.snapshot
        if snapshot.version > version {
          let changes = snapshot.changes(after: version)
          version = snapshot.version
          return Array(try event(changes).utf8)
        }
        try await Task.sleep(for: .milliseconds(250))
      }
      return Array(": nothing new\n\n".utf8)
    }

    private func event(_ sections: [PageSection]) throws -> String {
      struct Change: Encodable {
        var id: String
        var html: String
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      // JSON has no line break outside of strings, and none inside: it is one line of data.
      let data = try encoder.encode(sections.map { Change(id: $0.id, html: $0.html) })
      return "id: \(watcher.token(version))\nevent: sections\n"
        + "data: \(String(decoding: data, as: UTF8.self))\n\n"
    }
  }
}
