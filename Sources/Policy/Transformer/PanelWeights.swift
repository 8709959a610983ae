import CKernels

/// A model's weights laid out for the panel kernel.
///
/// BLAS lays a weight out anew in every product, which costs as much as a third of a product of few rows;
/// here it is done once for all products of a step. It takes as much memory as the weights.
final class PanelWeights {
  private let layout: TransformerLayout
  private let isTransposed: Bool
  private let weights: [TransformerLayout.Tensor]
  private let storage: FloatStorage
  private let places: [Int: Int]
  /// The output head as a weight of shape `[D, V]`; `[V, D]` when transposed.
  let head: UnsafePointer<Float>

  /// Room for the weights of a model.
  ///
  /// - Parameter isTransposed: whether for products with the transposed weights, as the way back has
  ///   them.
  init(_ layout: TransformerLayout, isTransposed: Bool = false) {
    self.layout = layout
    self.isTransposed = isTransposed
    weights = layout.blocks.flatMap {
      [$0.attentionWeight, $0.projectionWeight, $0.expandWeight, $0.contractWeight]
    }
    var places: [Int: Int] = [:]
    var end = 0
    for weight in weights {
      places[weight.offset] = end
      let (rows, columns) = Self.shape(weight, isTransposed)
      end += Self.count(rows: rows, columns: columns)
    }
    let headPlace = end
    let (columns, rows) = Self.shape(layout.head, isTransposed)
    end += Self.count(rows: rows, columns: columns)
    self.places = places
    storage = FloatStorage(uninitialized: end)
    head = UnsafePointer(storage.elements.baseAddress! + headPlace)
  }

  /// The weights of a model, laid out.
  convenience init(
    _ parameters: UnsafePointer<Float>, layout: TransformerLayout, on team: ThreadTeam
  ) {
    self.init(layout)
    pack(parameters, on: team)
  }

  /// Lays a model's weights out in place of those that were there.
  func pack(_ parameters: UnsafePointer<Float>, on team: ThreadTeam) {
    team.run { thread in
      for weight in weights {
        pack(
          parameters + weight.offset, weight, isTransposed, into: pointer(weight), team, thread)
      }
      // The head is kept the other way round.
      pack(parameters + layout.head.offset, layout.head, !isTransposed, into: head, team, thread)
    }
  }

  /// A thread's columns.
  private func pack(
    _ elements: UnsafePointer<Float>, _ tensor: TransformerLayout.Tensor, _ isTransposed: Bool,
    into panels: UnsafePointer<Float>, _ team: ThreadTeam, _ thread: Int
  ) {
    let (rows, columns) = Self.shape(tensor, isTransposed)
    let own = team.part(thread, of: columns, unit: Int(CK_PANEL))
    guard !own.isEmpty else { return }
    let stride = tensor.shape[1]
    ck_pack_panels(
      elements + own.lowerBound * (isTransposed ? stride : 1), isTransposed ? 1 : stride,
      isTransposed ? stride : 1, FloatPointer(mutating: panels) + own.lowerBound * rows, rows,
      own.count)
  }

  func pointer(_ weight: TransformerLayout.Tensor) -> UnsafePointer<Float> {
    UnsafePointer(storage.elements.baseAddress! + places[weight.offset]!)
  }

  private static func shape(
    _ tensor: TransformerLayout.Tensor, _ isTransposed: Bool
  ) -> (rows: Int, columns: Int) {
    isTransposed ? (tensor.shape[1], tensor.shape[0]) : (tensor.shape[0], tensor.shape[1])
  }

  private static func count(rows: Int, columns: Int) -> Int {
    let panel = Int(CK_PANEL)
    return (columns + panel - 1) / panel * panel * rows
  }
}
