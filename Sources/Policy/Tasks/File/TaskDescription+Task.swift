import Foundation
import Losses

extension TaskCatalogue {
  /// The task of a name or of a task file.
  ///
  /// - Parameters:
  ///   - text: a built-in name, or the path of a file that ends in `.yaml` or `.yml`.
  ///   - metric: replaces the task's η when given.
  /// - Throws: `LossmithError`: `unknownName`, `missingFile`, `malformedInput`; a fault while a
  ///   reference is fitted or scored.
  public static func task(
    _ text: String, metric: String? = nil, context: TaskContext = TaskContext()
  ) throws -> any TrainingTask {
    if text.hasSuffix(".yaml") || text.hasSuffix(".yml") {
      var description = try TaskFile.load(text)
      if let metric { description.metric = metric }
      return try description.task(context: context)
    }
    if text == "imdb" || text.hasPrefix("imdb:") {
      // What is measured decides what is drawn, so the metric must be known before.
      var description = try IMDbFiles.description(text)
      if let metric { description.metric = metric }
      return try description.task(context: context)
    }
    let task = try task(named: text, context: context)
    guard let metric else { return task }
    guard metric == "frontier" else { return try task.measuring(metric) }
    guard let kind = builtInKind(text) else { throw task.lacks(metric) }
    return try TaskDescription(kind: kind).frontier(of: task)
  }

  /// How a task's frontier is measured.
  public struct FrontierPlan: Hashable, Sendable {
    /// The KL in nats up to which its hypervolume counts.
    public var klCap: Double
    public var betas: [Double]
    /// See ``FrontierTask/continued(atRates:)``.
    public var rates: [Double]
  }

  /// How the frontier of a task is measured; nil for one that has none, or that does not exist.
  public static func frontierPlan(_ text: String) -> FrontierPlan? {
    let description =
      text.hasSuffix(".yaml") || text.hasSuffix(".yml")
      ? try? TaskFile.load(text) : builtInKind(text).map { TaskDescription(kind: $0) }
    guard let description, description.kind != .preference,
      let cap = description.number("evaluation.kl_cap")
    else { return nil }
    return FrontierPlan(
      klCap: cap, betas: description.numbers("evaluation.betas") ?? [],
      rates: description.numbers("evaluation.rates") ?? [])
  }

  /// `imdb` may have a folder behind its name.
  private static func builtInKind(_ text: String) -> TaskKind? {
    TaskKind(rawValue: text.hasPrefix("imdb:") ? "imdb" : text)
  }
}

extension TaskDescription {
  /// Builds the task, its files read and its reference fitted if need be.
  ///
  /// - Throws: `LossmithError` for files that cannot be used.
  public func task(context: TaskContext = TaskContext()) throws -> any TrainingTask {
    do {
      return try build(context)
    } catch var error as LossmithError {
      if error.location == nil { error.location = source }
      throw error
    }
  }

  private func build(_ context: TaskContext) throws -> any TrainingTask {
    if metric == "frontier", kind != .preference {
      var plain = self
      plain.metric = "reward"
      return try frontier(of: try plain.build(context))
    }
    switch kind {
    case .bandit: return try banditTask().measuring(metric)
    case .reviews:
      return try LanguageTask(
        try reviewsDefinition(context: context).measuring(metric), context: context)
    case .imdb, .preference:
      return try LanguageTask(try languageDefinition(context: context), context: context)
    }
  }

  /// A frontier over this description's β grid, up to its cap.
  func frontier(of task: any TrainingTask) throws(LossmithError) -> FrontierTask {
    guard let betas = numbers("evaluation.betas"), let cap = number("evaluation.kl_cap") else {
      throw task.lacks("frontier")
    }
    return try FrontierTask(task, betas: betas, klCap: cap)
  }
}
