/// The table of a search beside blind sampling, and what it comes to.
struct EqualBudgetRows {
  let comparison: RunModel.EqualBudget

  private var hasCheap: Bool { comparison.sides.contains { $0.cheapTrainings > 0 } }
  private var hasTokens: Bool { comparison.sides.contains { $0.tokens > 0 } }

  var context: PageContext {
    var context = PageContext()
    context.set("sides", comparison.sides.map(row))
    context.set("hasCheap", hasCheap)
    context.set("hasTokens", hasTokens)
    context.set("sentences", sentences.map { PageContext.one("sentence", $0) })
    return context
  }

  private func row(_ side: RunModel.EqualBudget.Side) -> PageContext {
    var row = PageContext.one("name", side.name)
    row.set("proposals", "\(side.proposals)")
    row.set("measured", "\(side.measured)")
    row.set("trainings", "\(side.trainings)")
    row.set("hasCheap", hasCheap)
    row.set("cheap", "\(side.cheapTrainings)")
    row.set("hasTokens", hasTokens)
    row.set("tokens", "\(side.tokens)")
    row.set("best", side.best ?? "none")
    row.set("search", side.search.map(NumberText.eta) ?? "")
    row.set("confirmed", side.confirmed.map(NumberText.eta) ?? "")
    row.set("delta", side.delta.map(NumberText.delta) ?? "")
    return row
  }

  private var sentences: [String] {
    var sentences: [String] = []
    if let search = comparison.sides.first, let blind = comparison.sides.last,
      blind.proposals != search.proposals
    {
      sentences.append(
        "The sides are not equal: \(blind.name) has \(Headline.counted(blind.proposals, "proposal")),"
          + " \(search.name) has \(search.proposals).")
    }
    sentences.append(verdict)
    return sentences
  }

  private var verdict: String {
    guard let difference = comparison.difference else {
      return "Not both sides have a loss with a number on fresh seeds, so they are not compared."
    }
    let text =
      "On the same fresh seeds the best loss of the search, less that of blind sampling, gives"
      + " \(NumberText.delta(difference))"
    guard let low = difference.low, let high = difference.high else {
      return text + ": from one seed, so there is no error to weigh it by."
    }
    let reading =
      low > 0
      ? "the search’s loss is the better one"
      : high < 0 ? "blind sampling’s loss is the better one" : "these seeds show no difference"
    return text + ": \(reading). The interval is that of two losses over seeds of training;"
      + " another search or another sample would have found others."
  }
}
