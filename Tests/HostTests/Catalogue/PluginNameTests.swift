import Testing

@testable import Host

@Suite struct PluginNameTests {
  @Test(
    "any text gives a safe name",
    arguments: [
      ("lrml", "lrml"), ("LogRatioModulatedLoss", "log-ratio-modulated-loss"),
      ("dpo/2", "dpo-2"), ("../../etc/passwd", "etc-passwd"),
      ("A loss. Of mine!", "a-loss-of-mine"),
      ("", "loss"), ("…", "loss"), ("-x-", "x"), ("β-dpo", "dpo"), ("a\u{0}b", "a-b"),
      ("adaptive_quantile_loss", "adaptive-quantile-loss"),
      (String(repeating: "x", count: 100), String(repeating: "x", count: 31)),
    ])
  func derived(text: String, name: String) {
    #expect(PluginName(from: text).text == name)
    #expect(PluginName(exactly: name) != nil)
  }

  @Test("a derived name derives itself")
  func stable() {
    for text in ["LogRatioModulatedLoss", "x--y", "DPO", "a1B2"] {
      let once = PluginName(from: text)
      #expect(PluginName(from: once.text) == once)
    }
  }

  @Test("only a name in form is taken as it is", arguments: ["", "A", "a b", "a/b", "é", "a."])
  func exact(text: String) {
    #expect(PluginName(exactly: text) == nil)
    #expect(PluginName(exactly: "dpo-2") != nil)
  }

  @Test("the nearest name is proposed, and none that is far")
  func nearest() {
    let names = ["dpo", "ipo", "lrml", "padll"]
    #expect(EditDistance.nearest(to: "lmrl", among: names) == "lrml")
    #expect(EditDistance.nearest(to: "padl", among: names) == "padll")
    #expect(EditDistance.nearest(to: "something-else", among: names) == nil)
    #expect(EditDistance.nearest(to: "x", among: []) == nil)
    #expect(EditDistance.between("ab", "ba") == 1)
    #expect(EditDistance.between("", "abc") == 3)
  }
}
