import Losses

/// Something that a training's bits depend on, as a checkpoint remembers it.
public struct TrainingFact: Hashable, Sendable, Codable {
  /// What people call it: `learning rate`.
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension [TrainingFact] {
  /// BLAS kernels, threads and the instruction set of the element-wise kernels: another of them gives
  /// other bits.
  static func machine(_ runner: TransformerRunner) -> [TrainingFact] {
    let blas = BLASEnvironment.current()
    return [
      TrainingFact("threads", "\(runner.threads)"), TrainingFact("BLAS core", blas.core),
      TrainingFact("OpenBLAS version", blas.version),
      TrainingFact("instruction set", InstructionSet.current),
    ]
  }

  static func optimiser(_ settings: AdamW.Settings) -> [TrainingFact] {
    [
      TrainingFact("AdamW's beta1", "\(settings.beta1)"),
      TrainingFact("AdamW's beta2", "\(settings.beta2)"),
      TrainingFact("AdamW's epsilon", "\(settings.epsilon)"),
      TrainingFact("weight decay", "\(settings.weightDecay)"),
    ]
  }

  static func options(
    _ lora: LoRASettings?, microBatch: Int?, recomputes: Bool
  ) -> [TrainingFact] {
    [
      TrainingFact("LoRA's rank", lora.map { "\($0.rank)" } ?? "none"),
      TrainingFact("LoRA's alpha", lora.map { "\($0.alpha)" } ?? "none"),
      TrainingFact(
        "LoRA's targets",
        lora.map { $0.targets?.joined(separator: ",") ?? "every matrix" } ?? "none"),
      TrainingFact("micro-batch", microBatch.map { "\($0)" } ?? "none"),
      TrainingFact("recomputation", recomputes ? "on" : "off"),
    ]
  }

  static func recipe(_ recipe: Recipe) -> [TrainingFact] {
    [
      TrainingFact("steps", "\(recipe.steps)"), TrainingFact("batch", "\(recipe.batch)"),
      TrainingFact("learning rate", "\(recipe.learningRate)"),
      TrainingFact("warm-up", "\(recipe.warmUp)"),
      TrainingFact("limit of the gradient's norm", "\(recipe.maximumGradientNorm)"),
    ] + optimiser(recipe.optimiser)
      + options(recipe.lora, microBatch: recipe.microBatch, recomputes: recipe.recomputes)
  }
}
