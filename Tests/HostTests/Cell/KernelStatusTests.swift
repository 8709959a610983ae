import Losses
import Testing

@testable import Host

@Suite("Statuses of kernels")
struct KernelStatusTests {
  @Test("success is no failure")
  func success() {
    #expect(KernelStatus.failure(0)?.finding == nil)
  }

  @Test(
    "a code means its verdict",
    arguments: [
      (Int32(1), Verdict.failed(check: "shape")), (2, .failed(check: "shape")),
      (3, .failed(check: "status")), (4, .failed(check: "status")), (5, .resource),
      (6, .failed(check: "status")), (200, .failed(check: "status")),
      (-1, .failed(check: "status")),
      (.min, .failed(check: "status")), (.max, .failed(check: "status")),
    ] as [(Int32, Verdict)])
  func codes(status: Int32, verdict: Verdict) throws {
    let failure = try #require(KernelStatus.failure(status))
    #expect(failure.finding.verdict == verdict)
    #expect(!failure.finding.remedy.isEmpty)
  }

  @Test("the line of the author's source is in the message")
  func line() throws {
    let failure = try #require(KernelStatus.failure(2 | 417 << 8))
    #expect(failure.finding.message.contains("line 417"))
    #expect(failure.finding.verdict == .failed(check: "shape"))
  }
}
