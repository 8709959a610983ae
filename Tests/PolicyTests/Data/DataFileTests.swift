import Foundation
import Glibc
import Losses
import Testing

@testable import Policy

@Suite("Data files")
struct DataFileTests {
  /// `gzip -9n` of "one\ntwo\n".
  static let member: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0xCF, 0x4B, 0xE5, 0x2A, 0x29,
    0xCF, 0xE7, 0x02, 0x00, 0xE6, 0x0B, 0xBA, 0x12, 0x08, 0x00, 0x00, 0x00,
  ]

  static func lines(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [LineReader.Line] {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "data")
      try Data(bytes).write(to: url)
      let reader = try LineReader(path: url.path, limit: limit)
      var lines: [LineReader.Line] = []
      while let line = try reader.next() { lines.append(line) }
      return lines
    }
  }

  static func texts(_ bytes: [UInt8]) throws -> [String] {
    try lines(bytes).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test("lines end with a line feed, a carriage return and one, or the file")
  func lineEnds() throws {
    #expect(try Self.texts([]) == [])
    #expect(try Self.texts(Array("a\nb".utf8)) == ["a", "b"])
    #expect(try Self.texts(Array("a\r\n\nb\n".utf8)) == ["a", "", "b"])
    #expect(try Self.texts([0xEF, 0xBB, 0xBF] + Array("a\n".utf8)) == ["a"])
    #expect(try Self.lines(Array("a\nb".utf8)).map(\.number) == [1, 2])
  }

  @Test("a line beyond the limit is cut and marked, and the next one is whole")
  func longLines() throws {
    let lines = try Self.lines(Array("abcdef\ngh\n".utf8), limit: 4)
    #expect(lines.map(\.isTooLong) == [true, false])
    #expect(lines.map(\.bytes.count) == [4, 2])
  }

  @Test("lines longer than a chunk come together again")
  func chunks() throws {
    let long = String(repeating: "x", count: 200_000)
    #expect(try Self.texts(Array("\(long)\nend".utf8)) == [long, "end"])
  }

  @Test("gzip is read whatever the file's name, several members and padding included")
  func gzip() throws {
    #expect(try Self.texts(Self.member) == ["one", "two"])
    #expect(try Self.texts(Self.member + Self.member + [0, 0, 0]) == ["one", "two", "one", "two"])
  }

  @Test("every truncation of a gzip stream is an error")
  func truncatedGzip() throws {
    for length in 2..<Self.member.count {
      let error = #expect(throws: LossmithError.self) {
        try Self.texts(Array(Self.member[..<length]))
      }
      #expect(error?.code == .malformedInput)
    }
  }

  @Test("a wrong checksum, a wrong length, broken data and what follows are errors")
  func corruptGzip() throws {
    for index in [3, 10, 12, 20, 24] {
      var bytes = Self.member
      bytes[index] ^= 0xFF
      #expect(throws: LossmithError.self, "byte \(index)") { try Self.texts(bytes) }
    }
    #expect(throws: LossmithError.self) { try Self.texts(Self.member + Array("junk".utf8)) }
  }

  @Test("no file, a folder and a named pipe are errors, and none waits")
  func notFiles() throws {
    try TestFiles.withFolder { folder in
      let pipe = folder.appending(path: "pipe").path
      #expect(mkfifo(pipe, 0o600) == 0)
      for path in [folder.path, pipe] {
        let error = #expect(throws: LossmithError.self) { try LineReader(path: path) }
        #expect(error?.code == .malformedInput)
      }
      let error = #expect(throws: LossmithError.self) {
        try LineReader(path: folder.appending(path: "nothing").path)
      }
      #expect(error?.code == .missingFile)
    }
  }

  @Test("labelled texts: line breaks, bad lines, no lines")
  func reviews() throws {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "reviews.jsonl")
      func read(_ text: String) throws -> [LabelledText] {
        try Data(text.utf8).write(to: url)
        return try ReviewsCorpus.read(url)
      }
      let texts = try read(
        "{\"id\":1,\"label\":0,\"text\":\"a<br /><br />b\"}\n\n{\"label\":1,\"text\":\"c\"}\n")
      #expect(
        texts == [LabelledText(text: "a\n\nb", label: 0), LabelledText(text: "c", label: 1)])
      for bad in ["{\"label\":1}", "{\"text\":\"a\"}", "{\"text\":\"a\",\"label\":-1}", "[]", "{"] {
        let error = #expect(throws: LossmithError.self) {
          try read("{\"label\":1,\"text\":\"c\"}\n\(bad)\n")
        }
        #expect(error?.location?.hasSuffix(":2") == true)
      }
      #expect(throws: LossmithError.self) { try read("") }
    }
  }

  @Test("the film reviews: 25,000 of each half, balanced")
  func realReviews() throws {
    guard let shared = TestFiles.shared else { return }
    let texts = try ReviewsCorpus.read(shared.appending(path: "data/imdb/imdb_test.jsonl.gz"))
    #expect(texts.count == 25_000)
    #expect(texts.count { $0.label == 1 } == 12_500)
    #expect(!texts.contains { $0.text.contains("<br />") })
  }
}
