import Foundation

/// A task as its file describes it, with every default filled in.
public struct TaskDescription: Hashable, Sendable {
  public let kind: TaskKind
  /// What records call the task.
  public var name: String
  /// The file that it comes from, for messages; nil for a task made here.
  public let source: String?
  /// What relative paths start from.
  let folder: URL
  /// By the key's full name, defaults included; paths as they were written.
  var values: [String: TaskValue]

  /// A task with the defaults of its kind and some other values.
  ///
  /// - Precondition: the keys of `values` belong to the kind.
  init(
    kind: TaskKind, values: [String: TaskValue] = [:], source: String? = nil,
    folder: URL = URL(filePath: FileManager.default.currentDirectoryPath)
  ) {
    self.kind = kind
    self.source = source
    self.folder = folder
    self.values = [:]
    for key in TaskSchema.keys(of: kind) {
      if let value = values[key.name] ?? key.defaults[kind] ?? nil {
        self.values[key.name] = value
      }
    }
    if case .text(let name) = self.values["name"] { self.name = name } else { name = kind.rawValue }
  }

  func integer(_ key: String) -> Int? {
    if case .integer(let value) = values[key] { value } else { nil }
  }

  func number(_ key: String) -> Double? {
    if case .number(let value) = values[key] { value } else { nil }
  }

  func numbers(_ key: String) -> [Double]? {
    if case .numbers(let value) = values[key] { value } else { nil }
  }

  func texts(_ key: String) -> [String]? {
    if case .texts(let value) = values[key] { value } else { nil }
  }

  func text(_ key: String) -> String? {
    if case .text(let value) = values[key] { value } else { nil }
  }

  /// A path, made absolute.
  func url(_ key: String) -> URL? {
    text(key).map { path in
      path.hasPrefix("/")
        ? URL(filePath: path) : folder.appending(path: path).standardizedFileURL
    }
  }

  /// The recipe; its β may be replaced by a command line's.
  public var recipe: Recipe {
    get {
      var recipe = Recipe(
        steps: integer("recipe.steps")!, batch: integer("recipe.batch")!,
        learningRate: number("recipe.learning_rate")!, warmUp: number("recipe.warm_up")!,
        maximumGradientNorm: number("recipe.maximum_gradient_norm")!,
        beta: number("recipe.beta")!,
        optimiser: AdamW.Settings(
          beta1: number("recipe.adam_beta1")!, beta2: number("recipe.adam_beta2")!,
          epsilon: number("recipe.adam_epsilon")!, weightDecay: number("recipe.weight_decay")!))
      recipe.lora = integer("recipe.lora_rank").map {
        LoRASettings(
          rank: $0, alpha: number("recipe.lora_alpha"), targets: texts("recipe.lora_targets"))
      }
      recipe.microBatch = integer("recipe.micro_batch")
      recipe.recomputes = text("recipe.recompute") == "on"
      return recipe
    }
    set {
      values["recipe.steps"] = .integer(newValue.steps)
      values["recipe.batch"] = .integer(newValue.batch)
      values["recipe.learning_rate"] = .number(newValue.learningRate)
      values["recipe.warm_up"] = .number(newValue.warmUp)
      values["recipe.maximum_gradient_norm"] = .number(newValue.maximumGradientNorm)
      values["recipe.beta"] = .number(newValue.beta)
      values["recipe.adam_beta1"] = .number(newValue.optimiser.beta1)
      values["recipe.adam_beta2"] = .number(newValue.optimiser.beta2)
      values["recipe.adam_epsilon"] = .number(newValue.optimiser.epsilon)
      values["recipe.weight_decay"] = .number(newValue.optimiser.weightDecay)
      guard kind != .bandit else { return }
      values["recipe.lora_rank"] = newValue.lora.map { .integer($0.rank) }
      values["recipe.lora_alpha"] = newValue.lora.map { .number($0.alpha) }
      values["recipe.lora_targets"] = newValue.lora?.targets.map { .texts($0) }
      values["recipe.micro_batch"] = newValue.microBatch.map { .integer($0) }
      values["recipe.recompute"] = .text(newValue.recomputes ? "on" : "off")
    }
  }
}
