import Foundation
import Losses
import Testing

@Suite struct VerdictTests {
  static let all: [(Verdict, String)] = [
    (.ok, "ok"), (.rejected(.lint), "rejected(lint)"), (.failed(check: "nan"), "failed(nan)"),
    (.crashed(signal: 11), "crashed(SIGSEGV)"), (.crashed(signal: 34), "crashed(SIG34)"),
    (.timeout, "timeout"), (.violation(syscall: "clone"), "violation(clone)"),
    (.violation(syscall: nil), "violation(unknown)"), (.resource, "resource"),
    (.diverged(step: 7), "diverged(7)"), (.duplicate(of: "dpo"), "duplicate(dpo)"),
    (.hostFault(cause: "no space (left)"), "hostFault(no space (left))"),
  ]

  @Test("the text of a verdict is stable and reads back", arguments: all)
  func textRoundTrip(verdict: Verdict, text: String) throws {
    #expect(verdict.description == text)
    #expect(Verdict(text) == verdict)
    let json = try JSON.encode([verdict])
    #expect(try JSON.decode([Verdict].self, from: json) == [verdict])
  }

  @Test(
    "text that is no verdict is refused",
    arguments: ["", "OK", "rejected(x)", "diverged(a)", "ok()x"])
  func refusal(text: String) {
    #expect(Verdict(text) == nil)
  }
}
