import CKernels
import Foundation
import Losses

/// ``AdamW`` over tensors of one flat buffer in single precision, clipping included.
///
/// One pass over parameters, gradient and both moments. Decay, when there is any, takes matrices and
/// embeddings and leaves biases and normalisations alone, as is usual. While every gradient has
/// been 0 and the decay is 0, the parameters keep their bits.
final class FusedAdamW {
  let settings: AdamW.Settings
  /// Steps taken.
  private(set) var step = 0
  private let tensors: [TransformerLayout.Tensor]
  /// Laid out as the parameters are.
  private let firstMoment: FloatStorage
  private let secondMoment: FloatStorage

  /// - Parameters:
  ///   - tensors: what is trained.
  ///   - bufferCount: elements of the buffer that the tensors lie in.
  init(tensors: [TransformerLayout.Tensor], bufferCount: Int, settings: AdamW.Settings) {
    self.settings = settings
    self.tensors = tensors
    firstMoment = FloatStorage(count: bufferCount)
    secondMoment = FloatStorage(count: bufferCount)
  }

  /// The running means of gradient and squared gradient.
  var moments: [UnsafeMutableBufferPointer<Float>] {
    [firstMoment.elements, secondMoment.elements]
  }

  /// Goes on behind a step whose moments were put into ``moments``.
  func restore(step: Int) { self.step = step }

  /// Takes one step against `gradientScale` times the gradients.
  func update(
    _ parameters: FloatPointer, gradients: UnsafePointer<Float>, learningRate: Double,
    gradientScale: Double, on runner: TransformerRunner
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
    let tensors = tensors
    let kernel = runner.kernels.pointee.adamw!
    let team = runner.team
    let first = firstMoment.elements.baseAddress!
    let second = secondMoment.elements.baseAddress!
    // Every thread works on a part of its own.
    nonisolated(unsafe) let all = (parameters, gradients, first, second)
    team.run { thread in
      for tensor in tensors {
        let part = team.part(thread, of: tensor.count, unit: 16)
        guard !part.isEmpty else { continue }
        let start = tensor.offset + part.lowerBound
        withUnsafePointer(to: tensor.shape.count > 1 ? decaying : numbers) { numbers in
          kernel(all.0 + start, all.1 + start, all.2 + start, all.3 + start, numbers, part.count)
        }
      }
    }
  }
}
