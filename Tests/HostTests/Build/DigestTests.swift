import Foundation
import Losses
import Testing

@testable import Host

@Suite struct DigestTests {
  @Test("digests of the standard's examples")
  func standard() {
    // FIPS 180-4, examples of NIST: the empty message and "abc".
    #expect(
      SHA256Digest(of: "").hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256Digest(of: "abc").hex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("a file's digest is that of its bytes, and a missing file is an error")
  func files() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data("abc".utf8).write(to: file)
    #expect(try SHA256Digest(file: file) == SHA256Digest(of: "abc"))
    try FileManager.default.removeItem(at: file)
    let error = #expect(throws: LossmithError.self) { try SHA256Digest(file: file) }
    #expect(error?.code == .missingFile)
  }

  @Test("the border between fields counts")
  func fields() {
    #expect(SHA256Digest(fields: ["ab", "c"]) != SHA256Digest(fields: ["a", "bc"]))
    #expect(SHA256Digest(fields: ["a", ""]) != SHA256Digest(fields: ["a"]))
    #expect(SHA256Digest(fields: ["a", "b"]) == SHA256Digest(fields: ["a", "b"]))
  }
}
