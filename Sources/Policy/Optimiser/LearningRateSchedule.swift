import Foundation

/// A linear warm-up followed by half a cosine down to 0, as the paper's recipes have it.
public struct LearningRateSchedule: Hashable, Sendable, Codable {
  /// The rate at the top.
  public var peak: Double
  /// Steps of the whole training.
  public var steps: Int
  /// Steps of the warm-up; 0 starts at the top.
  public var warmUpSteps: Int

  public init(peak: Double, steps: Int, warmUpSteps: Int) {
    self.peak = peak
    self.steps = steps
    self.warmUpSteps = warmUpSteps
  }

  /// The rate of a step, counted from 1.
  ///
  /// Step 1 already moves (peak / warmUpSteps) and the last warm-up step has the peak; steps past
  /// the end have 0.
  public func rate(at step: Int) -> Double {
    if step <= warmUpSteps { return peak * Double(max(step, 0)) / Double(warmUpSteps) }
    let progress = Double(step - warmUpSteps - 1) / Double(max(1, steps - warmUpSteps))
    return peak * 0.5 * (1 + cos(.pi * min(1, progress)))
  }
}
