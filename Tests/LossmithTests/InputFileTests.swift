import Foundation
import Losses
import Testing

@testable import Lossmith

@Suite struct InputFileTests {
  @Test("call reads its document through a named pipe as it reads a file")
  func pipe() async throws {
    let folder = try TemporaryFolder()
    let text =
      #"{"columns": {"policy_chosen": [-1], "policy_rejected": [-2],"#
      + #" "reference_chosen": [-1], "reference_rejected": [-2]}}"#
    let file = try folder.file("batch.json", text)
    let pipe = folder.url.appending(path: "pipe").path
    try #require(mkfifo(pipe, 0o600) == 0)
    Thread.detachNewThread {
      // Waits for the program to open its end.
      guard let handle = FileHandle(forWritingAtPath: pipe) else { return }
      try? handle.write(contentsOf: Data(text.utf8))
      try? handle.close()
    }
    let piped = try await Program.run(["call", "dpo", "--input", pipe])
    let read = try await Program.run(["call", "dpo", "--input", file])
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(read.status == 0 && read.output == piped.output)
  }

  @Test("a document beyond 64 MB is refused, unread where it is a file")
  func large() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("sparse.json", "")
    try #require(truncate(file, 1 << 40) == 0)
    let result = try await Program.run(["call", "dpo", "--input", file])
    #expect(result.status == 2)
    #expect(result.errors.contains("the document is larger than 64 MB"))
    let folded = try await Program.run(["call", "dpo", "--input", folder.url.path])
    #expect(folded.status == 2 && folded.errors.contains("this is a folder"))
  }

  @Test("the limit counts the bytes of a pipe too, and a document of just that size is read")
  func limit() throws {
    let folder = try TemporaryFolder()
    for (size, isRead) in [(1000, true), (1001, false)] {
      let file = try folder.file("\(size)", String(repeating: " ", count: size))
      #expect(((try? InputFile.read(file, limit: 1000).count) == size) == isRead)
      var ends: [Int32] = [0, 0]
      try #require(Glibc.pipe(&ends) == 0)
      defer { close(ends[0]) }
      try FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        .write(contentsOf: Data(repeating: 32, count: size))
      let path = "/proc/self/fd/\(ends[0])"
      #expect(((try? InputFile.read(path, limit: 1000).count) == size) == isRead)
    }
  }
}
