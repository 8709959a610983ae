import Foundation
import Policy
import Testing

@Suite("Optimiser")
struct OptimiserTests {
  static let gradients: [[Double]] = [
    [0.5, -2.0, 1e-6, 0.0], [0.25, -2.5, -3e-6, 0.0], [-1.0, 4.0, 2e-6, 0.0],
    [0.125, 0.0, 5e-6, 0.0],
  ]
  static let rates = [0.1, 0.05, 0.1, 0.01]

  /// Constants by Generators/adamw.py (PyTorch 2.15).
  static let traces: [(decay: Double, rows: [[Double]])] = [
    (
      0,
      [
        [0.900000002, -0.4000000005, 2.900990099009901, 2.0],
        [0.8533910212387311, -0.35001794892223415, 2.925589600367125, 2.0],
        [0.8740267236466802, -0.35163927634697906, 2.9237194869418492, 2.0],
        [0.875076320615577, -0.3517720856240744, 2.9189882367172277, 2.0],
      ]
    ),
    (
      0.1,
      [
        [0.890000002, -0.3950000005, 2.8709900990099007, 1.98],
        [0.8389410212287312, -0.34304294891973414, 2.8812346498720753, 1.9701],
        [0.8511873134243929, -0.3412338468552817, 2.850552189948079, 1.950399],
        [0.8513857230798654, -0.34102542228552174, 2.8429703875335095, 1.948448601],
      ]
    ),
  ]

  @Test("AdamW follows PyTorch step by step", arguments: traces.indices)
  func adamW(index: Int) {
    let trace = Self.traces[index]
    var parameters = [1.0, -0.5, 3.0, 2.0]
    var optimiser = AdamW(parameterCount: 4, settings: .init(weightDecay: trace.decay))
    for (step, row) in trace.rows.enumerated() {
      optimiser.update(
        &parameters, gradient: Self.gradients[step], learningRate: Self.rates[step])
      for (value, expected) in zip(parameters, row) {
        #expect(abs(value - expected) <= 1e-14 * abs(expected))
      }
    }
    #expect(optimiser.step == 4)
  }

  @Test("gradients of 0 leave every bit, weight decay does not")
  func zeroGradient() {
    let start = [1.0 / 3, -0.0, 1e-300, 5e20]
    var parameters = start
    var optimiser = AdamW(parameterCount: 4)
    for _ in 0..<100 { optimiser.update(&parameters, gradient: [0, 0, 0, 0], learningRate: 1) }
    #expect(parameters.map(\.bitPattern) == start.map(\.bitPattern))
    var decaying = AdamW(parameterCount: 4, settings: .init(weightDecay: 0.1))
    decaying.update(&parameters, gradient: [0, 0, 0, 0], learningRate: 1)
    #expect(parameters[0] != start[0])
  }

  @Test("the rate rises in a line to its peak, then falls along half a cosine")
  func schedule() {
    let schedule = LearningRateSchedule(peak: 2, steps: 110, warmUpSteps: 10)
    #expect(schedule.rate(at: 1) == 0.2)
    #expect(schedule.rate(at: 10) == 2)
    #expect(schedule.rate(at: 11) == 2)
    #expect(abs(schedule.rate(at: 61) - 1) < 1e-12)
    #expect(schedule.rate(at: 110) > 0)
    #expect(schedule.rate(at: 111) == 0)
    #expect(schedule.rate(at: 1_000) == 0)
    #expect((11..<110).allSatisfy { schedule.rate(at: $0 + 1) < schedule.rate(at: $0) })
    #expect(LearningRateSchedule(peak: 2, steps: 5, warmUpSteps: 0).rate(at: 1) == 2)
  }

  @Test("clipping scales down to the limit, never up, and knows no overflow")
  func clipping() {
    var long = [3.0, 4.0]
    #expect(GradientClipping.clip(&long, to: 1) == 5)
    #expect(long == [3 * 0.2, 4 * 0.2])
    var short = [0.3, 0.4]
    GradientClipping.clip(&short, to: 1)
    #expect(short == [0.3, 0.4])
    #expect(abs(GradientClipping.norm([6e200, 8e200]) / 1e201 - 1) < 1e-15)
    #expect(abs(GradientClipping.norm([6e-200, -8e-200]) / 1e-199 - 1) < 1e-15)
    #expect(GradientClipping.norm([]) == 0)
    #expect(GradientClipping.norm([1, .nan]).isNaN)
    #expect(GradientClipping.norm([1, -.infinity]) == .infinity)
  }
}
