import Losses
import Testing

@Suite struct ShownTextTests {
  @Test(
    "what steers a terminal or turns the direction of writing is shown as an escape",
    arguments: [
      ("\u{1B}[31mred", #"\u{1B}[31mred"#), ("a\u{7}\u{7F}\u{0}", #"a\u{7}\u{7F}\u{0}"#),
      ("\u{9B}2J\u{85}", #"\u{9B}2J\u{85}"#), ("over\rwritten", #"over\u{D}written"#),
      ("x\u{202E}txt.\u{2066}", #"x\u{202E}txt.\u{2066}"#),
      ("\u{200E}\u{200F}\u{61C}", #"\u{200E}\u{200F}\u{61C}"#),
      ("a\u{2028}b", #"a\u{2028}b"#), ("tag\u{E0041}", #"tag\u{E0041}"#),
    ])
  func escapes(text: String, expected: String) {
    #expect(text.shown == expected)
    #expect(text.shownOnOneLine == expected)
  }

  @Test("what one can see stays as it is, lines and tabs too")
  func visible() {
    for text in ["", "π_c ≥ π_r, η ± 0.01", "名 👩\u{200D}🔬 שלום", "a\tb\n  c\n"] {
      #expect(text.shown == text)
    }
    #expect("a\r\nb".shown == "a\nb")
    #expect("a\tb\nc".shownOnOneLine == #"a\u{9}b\u{A}c"#)
    #expect("é = 1".shownOnOneLine == "é = 1")
  }

  @Test("further lines are set in")
  func hanging() {
    #expect("one\ntwo\r\nthree".hanging == "one\n    two\n    three")
    #expect("one".hanging == "one")
  }

  @Test("a path in an error can neither steer the terminal nor begin a line of its own")
  func errors() {
    let error = LossmithError(
      .missingFile, "There is no such file.", at: "x\nmine: ok\u{1B}[2K.so", remedy: "Look again.")
    #expect(
      error.description == #"""
        error[missing-file]: x\u{A}mine: ok\u{1B}[2K.so: There is no such file.
          how to mend it: Look again.
        """#)
    let words = LossmithError(.usage, "bad\nerror[forged]: all is well")
    #expect(words.description == "error[usage]: bad\n    error[forged]: all is well")
  }
}
