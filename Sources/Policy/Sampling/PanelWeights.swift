import CKernels

/// A model's weights laid out for products of few rows.
///
/// BLAS lays a weight out anew in every product, which for the few rows of a sampling step costs as much
/// as a third of the product itself; here it is done once for all steps. It takes as much memory as the
/// weights.
final class PanelWeights {
  private let storage: FloatStorage
  private let places: [Int: Int]
  /// The output head as a weight of shape `[D, V]`.
  let head: UnsafePointer<Float>

  init(_ parameters: UnsafePointer<Float>, layout: TransformerLayout, on team: ThreadTeam) {
    let weights = layout.blocks.flatMap {
      [$0.attentionWeight, $0.projectionWeight, $0.expandWeight, $0.contractWeight]
    }
    var places: [Int: Int] = [:]
    var end = 0
    for weight in weights {
      places[weight.offset] = end
      end += Self.count(rows: weight.shape[0], columns: weight.shape[1])
    }
    let headPlace = end
    let (vocabulary, width) = (layout.head.shape[0], layout.head.shape[1])
    end += Self.count(rows: width, columns: vocabulary)
    self.places = places
    storage = FloatStorage(uninitialized: end)
    let base = storage.elements.baseAddress!
    head = UnsafePointer(base + headPlace)
    team.run { thread in
      for (index, weight) in weights.enumerated() where index % team.count == thread {
        ck_pack_panels(
          parameters + weight.offset, weight.shape[1], 1, base + places[weight.offset]!,
          weight.shape[0], weight.shape[1])
      }
      let columns = team.part(thread, of: vocabulary, unit: Int(CK_PANEL))
      ck_pack_panels(
        parameters + layout.head.offset + columns.lowerBound * width, 1, width,
        base + headPlace + columns.lowerBound * width, width, columns.count)
    }
  }

  func pointer(_ weight: TransformerLayout.Tensor) -> UnsafePointer<Float> {
    UnsafePointer(storage.elements.baseAddress! + places[weight.offset]!)
  }

  private static func count(rows: Int, columns: Int) -> Int {
    let panel = Int(CK_PANEL)
    return (columns + panel - 1) / panel * panel * rows
  }
}
