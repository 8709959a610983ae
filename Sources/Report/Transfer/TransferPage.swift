import Losses

/// Page and pictures of losses on several tasks.
extension RunReport {
  /// Every picture of a transfer that has something to show: for each task the ranking, and reward
  /// against KL where completions are judged; for each pair of tasks a scatter.
  public static func figures(_ model: TransferModel) -> [Figure] {
    let slugs = TaskSlugs(model)
    return model.tasks.flatMap { figures(of: $0, model, slugs) }
      + model.correlations.map {
        ScatterChart(correlation: $0, baseline: model.baseline, slugs: slugs).figure()
      }
  }

  private static func figures(
    of task: TransferModel.Task, _ model: TransferModel, _ slugs: TaskSlugs
  ) -> [Figure] {
    let run = run(of: task, model)
    let prefix = slugs[task.name]
    return [
      RankingChart(model: run).element().map {
        Figure(
          name: "\(prefix)-ranking", title: "\(task.name): η and difference to \(model.baseline)",
          element: $0, csv: RankingChart.table(run))
      },
      TradeoffChart(model: run, links: false).figure().map {
        Figure(
          $0, name: "\(prefix)-reward-kl", title: "\(task.name): reward against KL")
      },
    ].compactMap { $0 }
  }

  /// The task as a run whose candidates are its losses.
  private static func run(of task: TransferModel.Task, _ model: TransferModel) -> RunModel {
    var run = RunModel(
      title: model.title, task: task.name, metric: task.metric, proposer: "",
      seeds: (0..<UInt64(task.seeds)).map { $0 }, baselines: [], candidates: [],
      reference: task.reference.map {
        RunModel.Reference(hash: task.referenceHash, reward: $0.mean)
      })
    for row in task.rows {
      guard let eta = row.eta else { continue }
      var own: [RunModel.Tradeoff] = []
      if task.klCap != nil, task.metric == "reward", let kl = row.kl {
        own = [.init(beta: task.beta, reward: eta, kl: kl)]
      }
      if row.isBaseline {
        run.baselines.append(
          .init(
            name: row.loss, eta: eta, kl: row.kl?.mean,
            tradeoff: task.frontier.isEmpty ? own : task.frontier))
      } else {
        let index = run.candidates.count + 1
        var candidate = RunModel.Candidate(
          index: index, generation: index, attempt: 0, name: row.loss, thought: "", source: "",
          verdict: .ok, eta: eta, kl: row.kl?.mean, delta: row.difference)
        candidate.tradeoff = own
        run.candidates.append(candidate)
      }
    }
    return run
  }

  /// A self-contained page of a transfer.
  ///
  /// Deterministic: equal models give equal bytes.
  public static func html(
    _ model: TransferModel, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    let slugs = TaskSlugs(model)
    var page = PageContext()
    page.set("title", model.title)
    page.set("baseline", model.baseline)
    page.set("chartStyle", markup: Markup(trusted: ChartStyle.css))
    page.set("sentence", sentence(model))
    page.set("isOpen", model.done < model.total)
    page.set("left", "\(model.total - model.done) of \(model.total)")
    page.set("tasks", model.tasks.map { section($0, model, slugs) })
    page.set(
      "correlations",
      model.correlations.map { correlation in
        var row = PageContext.one("first", correlation.first)
        row.set("second", correlation.second)
        row.set("losses", "\(correlation.points.count)")
        row.set("rho", NumberText.delta(correlation.rho))
        row.set("topOfFirst", correlation.topOfFirst.map(NumberText.delta) ?? "")
        row.set("topOfSecond", correlation.topOfSecond.map(NumberText.delta) ?? "")
        let figure = ScatterChart(
          correlation: correlation, baseline: model.baseline, slugs: slugs
        ).figure()
        row.set("figures", [picture(figure, caption: scatterCaption)])
        return row
      })
    page.set("hasCorrelations", !model.correlations.isEmpty)
    page.set("dropped", model.dropped.map { PageContext.one("words", $0) })
    page.set("hasDropped", !model.dropped.isEmpty)
    page.set(
      "facts",
      model.facts.sorted { $0.key < $1.key }.map { key, value in
        var fact = PageContext.one("key", key)
        fact.set("value", value)
        return fact
      })
    return try templates.render("transfer", page)
  }

  private static let scatterCaption =
    "A point for each loss with one standard error each way where there are seeds for it; the large grey"
    + " one is the baseline. Hover a point for its loss."

  private static func section(
    _ task: TransferModel.Task, _ model: TransferModel, _ slugs: TaskSlugs
  ) -> PageContext {
    var section = PageContext.one("name", task.name)
    section.set("id", slugs[task.name])
    section.set("metric", task.metric)
    section.set("beta", NumberText.short(task.beta))
    section.set("seeds", Headline.counted(task.seeds, "seed"))
    section.set("baseline", model.baseline)
    section.set("hasEqualKL", task.rows.contains { $0.equalKL != nil })
    section.set("reference", task.reference.map(NumberText.eta) ?? "")
    section.set("hasReference", task.reference != nil)
    let drawn = figures(of: task, model, slugs)
    section.set("figures", drawn.map { picture($0, caption: caption($0)) })
    section.set(
      "rows",
      task.rows.map { row in
        var cells = PageContext.one("loss", row.loss)
        cells.set("eta", row.eta.map(NumberText.eta) ?? "")
        cells.set("kl", row.kl.map { NumberText.fixed($0.mean, decimals: 2) } ?? "")
        cells.set("difference", row.difference.map(NumberText.delta) ?? "")
        cells.set("equalKL", row.equalKL.map(NumberText.delta) ?? "")
        cells.set("hasEqualKL", task.rows.contains { $0.equalKL != nil })
        cells.set("p", row.p.map { NumberText.fixed($0, decimals: 3) } ?? "")
        cells.set("verdict", row.verdict)
        cells.set("isBaseline", row.isBaseline)
        return cells
      })
    return section
  }

  private static func caption(_ figure: Figure) -> String {
    figure.name.hasSuffix("-ranking")
      ? "Bars start at the reference policy. Differences are paired by seed, each loss at the task's own β;"
        + " an interval that crosses 0 is a difference that these seeds do not show."
      : "Further up is more reward, further left is nearer to the reference policy. The grey line joins the"
        + " baseline at several β; only points at equal KL compare two losses."
  }

  private static func picture(_ figure: Figure, caption: String) -> PageContext {
    var picture = PageContext.one("figureTitle", figure.title)
    picture.set("picture", markup: figure.element.markup)
    picture.set("caption", caption)
    picture.set("file", "\(figure.name).csv")
    picture.set("address", figure.address(.embedded))
    return picture
  }

  /// How often each verdict was reached, task by task.
  private static func sentence(_ model: TransferModel) -> String {
    model.tasks.map { task in
      let rows = task.rows.filter { !$0.isBaseline }
      var verdicts: [String] = []
      for row in rows where !verdicts.contains(row.verdict) { verdicts.append(row.verdict) }
      let counts = verdicts.map { verdict in
        let names = rows.filter { $0.verdict == verdict }.map(\.loss)
        return
          "\(verdict): \(names.count > 6 ? "\(names.count) losses" : names.joined(separator: ", "))"
      }
      return "\(task.name): \(counts.joined(separator: "; "))."
    }.joined(separator: "\n")
  }
}
