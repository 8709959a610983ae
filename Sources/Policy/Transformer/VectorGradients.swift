/// Each thread's own sums for the gradients of biases and normalisations.
///
/// Rows are shared out among the threads, and every row adds to these; the sums are added up in the
/// threads' order at the end, so they do not depend on who came first.
struct VectorGradients {
  /// Where each one-dimensional tensor's gradient lies, by the tensor's offset in the parameters.
  private let places: [Int: Int]
  private let tensors: [TransformerLayout.Tensor]
  private let count: Int
  private let storage: [FloatStorage]

  init(layout: TransformerLayout, threads: Int) {
    var places: [Int: Int] = [:]
    var end = 0
    tensors = layout.tensors.filter { $0.shape.count == 1 }
    for tensor in tensors {
      places[tensor.offset] = end
      end += (tensor.count + 15) / 16 * 16
    }
    self.places = places
    count = end
    storage = (0..<threads).map { _ in FloatStorage(count: end) }
  }

  func pointer(_ tensor: TransformerLayout.Tensor, thread: Int) -> FloatPointer {
    storage[thread].elements.baseAddress! + places[tensor.offset]!
  }

  func clear(thread: Int) {
    storage[thread].elements.update(repeating: 0)
  }

  /// Adds every thread's sums to the gradients.
  func add(to gradients: FloatPointer) {
    for tensor in tensors {
      let place = places[tensor.offset]!
      for own in storage {
        for index in 0..<tensor.count {
          gradients[tensor.offset + index] += own.elements[place + index]
        }
      }
    }
  }
}
