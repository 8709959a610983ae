import Host
import Testing

@Suite struct PluginLabelsTests {
  private func labels(_ texts: String..., baseline: String? = "dpo") -> [String] {
    PluginLabels.labels(
      texts.map { text in
        let aliases = ["sigmoid": "dpo", "discopop": "lrml"]
        let isCatalogue = !text.contains(".")
        let stem = text.split(separator: "/").last?.split(separator: ".").first.map(String.init)
        return .init(
          text: text, name: isCatalogue ? aliases[text] ?? text : stem ?? "",
          isCatalogue: isCatalogue)
      }, baseline: baseline)
  }

  @Test("names that are alone stay short")
  func short() {
    #expect(labels("dpo", "a/mine.c", "lrml") == ["dpo", "mine", "lrml"])
    #expect(labels("sigmoid", "a/mine.c") == ["dpo", "mine"])
  }

  @Test("a file is never called like the baseline or a loss of the catalogue beside it")
  func files() {
    #expect(labels("a/dpo.c", "lrml") == ["a/dpo.c", "lrml"])
    #expect(labels("a/dpo.c", baseline: nil) == ["dpo"])
    #expect(labels("a/lrml.c", "discopop") == ["a/lrml.c", "lrml"])
    #expect(labels("a/sigmoid.c", "sigmoid", "dpo") == ["a/sigmoid.c", "sigmoid", "dpo"])
  }

  @Test("files of one name are called by their paths; the same one twice is one")
  func paths() {
    #expect(labels("a/x.c", "b/x.so", "c/y.c") == ["a/x.c", "b/x.so", "y"])
    #expect(labels("a/x.c", "a/x.c") == ["x", "x"])
  }
}
