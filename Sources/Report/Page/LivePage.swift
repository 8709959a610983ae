import Losses

/// What a run that works does at the moment, in plain values.
public struct LiveStatus: Hashable, Sendable, Codable {
  public struct Worker: Hashable, Sendable, Codable {
    /// `worker 1` …
    public var name: String
    /// `check`, `train` …
    public var stage: String
    /// The loss; empty for none.
    public var loss: String
    public var message: String
    /// 0 to 1; nil when unknown.
    public var fraction: Double?

    public init(
      name: String, stage: String, loss: String, message: String, fraction: Double? = nil
    ) {
      self.name = name
      self.stage = stage
      self.loss = loss
      self.message = message
      self.fraction = fraction
    }
  }

  /// Whether a process works on the run now.
  public var isWorking: Bool
  /// What is under way, a sentence.
  public var sentence: String
  public var workers: [Worker]
  /// What stands in the way of showing more, such as a journal that cannot be read.
  public var fault: String?

  public init(
    isWorking: Bool, sentence: String, workers: [Worker] = [], fault: String? = nil
  ) {
    self.isWorking = isWorking
    self.sentence = sentence
    self.workers = workers
    self.fault = fault
  }
}

/// The page of a run that is served while it goes on.
public enum LivePage {
  /// The section `live`.
  public static func section(
    _ status: LiveStatus, templates: ReportTemplates
  ) throws(LossmithError) -> PageSection {
    var context = PageContext()
    context.set("sentence", status.sentence)
    context.set("isWorking", status.isWorking)
    context.set("fault", status.fault ?? "")
    context.set("hasFault", status.fault != nil)
    context.set("hasWorkers", !status.workers.isEmpty)
    context.set(
      "workers",
      status.workers.map { worker in
        var row = PageContext.one("name", worker.name)
        row.set("stage", worker.stage)
        row.set("loss", worker.loss)
        row.set("message", worker.message)
        let fraction = worker.fraction.flatMap { $0.isFinite ? min(max($0, 0), 1) : nil }
        row.set("hasFraction", fraction != nil)
        row.set("fraction", fraction.map { NumberText.fixed($0, decimals: 3) } ?? "")
        row.set("percent", fraction.map { "\(Int(($0 * 100).rounded(.down))) %" } ?? "")
        return row
      })
    return PageSection(id: "live", html: try templates.render("progress", context))
  }

  /// The whole page as it stands now; its script keeps it up to date.
  ///
  /// - Parameter version: what the script tells the server that it has.
  public static func html(
    _ sections: [PageSection], title: String, version: String, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    try RunReport.shell(
      "live", sections, title: title, version: version, templates: templates)
  }
}
