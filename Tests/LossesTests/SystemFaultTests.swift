import Foundation
import Losses
import Testing

@Suite struct SystemFaultTests {
  private func text(_ underlying: any Error) -> String {
    LossmithError(.missingFile, "It cannot be read.", at: "x", underlying: underlying).description
  }

  @Test("an error of the system below ours is told in its own sentence, never as a dump")
  func system() throws {
    for (place, words) in [("/proc/self/mem", "Input/output error"), ("/", "Is a directory")] {
      let error = try #require(throws: (any Error).self) {
        try Data(contentsOf: URL(fileURLWithPath: place))
      }
      #expect(text(error) == "error[missing-file]: x: It cannot be read. (\(words))")
    }
    let error = try #require(throws: (any Error).self) {
      try Data().write(to: URL(fileURLWithPath: "/nonexist/x"), options: .atomic)
    }
    #expect(text(error).contains("(No such file or directory)"), "\(text(error))")
    #expect(SystemFault.number(of: error) == ENOENT)
    #expect(text(POSIXError(.EROFS)).contains("(Read-only file system)"))
    #expect(text(CocoaError(.fileWriteOutOfSpace)).contains("(No space left on device)"))
    let plain = NSError(domain: NSPOSIXErrorDomain, code: Int(EACCES))
    #expect(text(plain).contains("(Permission denied)"))
  }

  @Test("what a decoder missed is told with its place")
  func decoding() throws {
    let error = try #require(throws: (any Error).self) {
      try JSON.decode([String: Int].self, from: Data(#"{"a": "b"}"#.utf8))
    }
    #expect(text(error).contains("(a is not a Int)"), "\(text(error))")
  }

  @Test("other errors keep their own words")
  func others() {
    struct Own: Error, CustomStringConvertible { let description = "the cat sat on it" }
    #expect(text(Own()).hasSuffix("(the cat sat on it)"))
    #expect(SystemFault.number(of: Own()) == nil)
    // An error of ours below another is not told twice.
    #expect(!text(LossmithError(.usage, "inner")).contains("inner"))
  }
}
