import Testing

@testable import Discovery

@Suite("Names of candidates")
struct CandidateNameTests {
  @Test(
    "keep to letters, digits and inner hyphens",
    arguments: [
      ("logistic_margin_loss", "logistic-margin-loss"), ("PADLL", "padll"), ("../../x", "x"),
      ("/", "loss"), ("", "loss"), ("..", "loss"), ("a//b", "a-b"), ("naïve λ", "na-ve"),
      ("-rf", "rf"), ("x\u{0}y", "x-y"), ("e\u{301}t", "e-t"), ("con.swift", "con-swift"),
    ])
  func slug(text: String, expected: String) {
    #expect(CandidateName.slug(text) == expected)
  }

  @Test("are cut, also in mid-word, and never end in a hyphen")
  func length() {
    #expect(CandidateName.slug(String(repeating: "x", count: 500)).count == 48)
    let cut = CandidateName.slug(String(repeating: "abcde ", count: 90))
    #expect(cut.count <= 48 && !cut.hasSuffix("-"))
  }

  @Test("are made unique, and fill holes by counting on")
  func unique() {
    #expect(CandidateName.unique("a", among: []) == "a")
    #expect(CandidateName.unique("A", among: ["a"]) == "a-2")
    #expect(CandidateName.unique("a", among: ["a", "a-2", "a-3"]) == "a-4")
  }

  @Test("make folders that sort by number")
  func folder() {
    #expect(CandidateName.folder(index: 7, name: "x/y") == "0007-x-y")
    #expect(CandidateName.folder(index: 12345, name: "x") == "12345-x")
  }
}
