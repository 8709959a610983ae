import Losses

/// The table of finalists, cell by cell.
struct FinalistRows {
  let closing: RunModel.Closing

  var context: PageContext {
    var context = PageContext()
    context.set("finalists", closing.finalists.map(row))
    context.set("hasEqualKL", closing.comparesAtEqualKL)
    context.set("untold", closing.untold.map { PageContext.one("title", $0) })
    context.set("sentences", closing.sentences.map { PageContext.one("sentence", $0) })
    return context
  }

  private func row(_ finalist: RunModel.Finalist) -> PageContext {
    var row = PageContext.one("name", finalist.name)
    row.set("anchor", "c\(finalist.candidate)")
    row.set("isFormer", finalist.isFormer)
    row.set("search", NumberText.eta(finalist.search))
    row.set(
      "confirmed", finalist.confirmed.map(NumberText.eta) ?? finalist.verdict?.description ?? "")
    row.set("delta", finalist.delta.map(NumberText.delta) ?? "")
    row.set("p", Self.probability(finalist.holm))
    row.set("hasEqualKL", closing.comparesAtEqualKL)
    row.set(
      "atEqualKL",
      finalist.outside > 0
        ? "KL outside of DPO’s frontier on \(Headline.counted(finalist.outside, "seed"))"
        : finalist.atEqualKL.map(NumberText.delta) ?? "")
    row.set("equalP", Self.probability(finalist.equalKLHolm))
    row.set("beats", finalist.beats.map { $0 ? "yes" : "no" } ?? "")
    row.set(
      "untold", finalist.untold.map { PageContext.one("value", $0.map(NumberText.eta) ?? "") })
    return row
  }

  static func probability(_ value: Double?) -> String {
    value.map { $0 < 0.0001 ? "< 0.0001" : NumberText.fixed($0, decimals: 4) } ?? ""
  }
}
