import CKernels
import Foundation
import Losses

/// ``AdamW`` over all parameters of a model in single precision, clipping included.
///
/// One pass over parameters, gradient and both moments. Decay, when there is any, takes matrices and
/// embeddings and leaves biases and normalisations alone, as is usual. While every gradient has
/// been 0 and the decay is 0, the parameters keep their bits.
struct FusedAdamW {
  let settings: AdamW.Settings
  /// Steps taken.
  private(set) var step = 0
  private var firstMoment: TransformerParameters
  private var secondMoment: TransformerParameters

  init(layout: TransformerLayout, settings: AdamW.Settings) {
    self.settings = settings
    firstMoment = TransformerParameters(layout: layout)
    secondMoment = TransformerParameters(layout: layout)
  }

  /// Takes one step against `gradientScale` times the gradients.
  mutating func update(
    _ parameters: inout TransformerParameters, gradients: TransformerParameters,
    learningRate: Double, gradientScale: Double, on runner: TransformerRunner
  ) {
    step += 1
    let numbers = ck_adamw_step(
      beta1: Float(settings.beta1), beta2: Float(settings.beta2), epsilon: Float(settings.epsilon),
      step_size: Float(learningRate / (1 - pow(settings.beta1, Double(step)))),
      inverse_root_correction: Float(
        1 / (1 - pow(settings.beta2, Double(step))).squareRoot()),
      decay: 1, gradient_scale: Float(gradientScale))
    var decaying = numbers
    decaying.decay = Float(1 - learningRate * settings.weightDecay)
    let tensors = parameters.layout.tensors
    let kernel = runner.kernels.pointee.adamw!
    let team = runner.team
    parameters.withUnsafeMutableBuffer { parameters in
      gradients.withUnsafeBuffer { gradients in
        firstMoment.withUnsafeMutableBuffer { first in
          secondMoment.withUnsafeMutableBuffer { second in
            team.run { thread in
              for tensor in tensors {
                let part = team.part(thread, of: tensor.count, unit: 16)
                guard !part.isEmpty else { continue }
                let start = tensor.offset + part.lowerBound
                withUnsafePointer(to: tensor.shape.count > 1 ? decaying : numbers) { numbers in
                  kernel(
                    parameters.baseAddress! + start, gradients.baseAddress! + start,
                    first.baseAddress! + start, second.baseAddress! + start, numbers, part.count)
                }
              }
            }
          }
        }
      }
    }
  }
}
