import CKernels

/// Keys and values of the sequences that one thread is drawing.
///
/// Keys lie with one column a position, `[layer][slot][head][positions / 16][head width][16]`, so that a
/// query's scores are sums of whole vectors, and those of a position lie close together; values with one
/// row a position.
final class KeyValueCache {
  /// Positions of a slot, a multiple of 16.
  let positions: Int
  private let configuration: TransformerConfiguration
  private let slots: Int
  private let storage: FloatStorage

  /// - Parameter room: gives memory of so many elements.
  init(
    _ configuration: TransformerConfiguration, slots: Int, positions: Int,
    room: (Int) -> FloatStorage
  ) {
    self.configuration = configuration
    self.slots = slots
    self.positions = (positions + 15) / 16 * 16
    storage = room(
      2 * configuration.layers * slots * configuration.keyValueWidth * self.positions)
  }

  /// Bytes that a sequence takes.
  static func bytes(_ configuration: TransformerConfiguration, positions: Int) -> Int {
    8 * configuration.layers * configuration.keyValueWidth * ((positions + 15) / 16 * 16)
  }

  private var slotCount: Int { configuration.keyValueWidth * positions }

  func keys(layer: Int, slot: Int) -> FloatPointer {
    storage.elements.baseAddress! + 2 * (layer * slots + slot) * slotCount
  }

  func values(layer: Int, slot: Int) -> FloatPointer {
    keys(layer: layer, slot: slot) + slotCount
  }

  /// Puts away the keys and values of one token.
  ///
  /// - Parameter row: its queries, keys, values.
  func store(_ row: FloatPointer, layer: Int, slot: Int, position: Int) {
    let width = configuration.keyValueWidth
    let headWidth = configuration.headWidth
    let own = row + configuration.attentionWidth
    let block = Int(CK_KEYS)
    let values = values(layer: layer, slot: slot)
    let keys =
      keys(layer: layer, slot: slot) + position / block * block * headWidth + position % block
    for head in 0..<configuration.keyValueHeads {
      let column = keys + head * headWidth * positions
      let from = own + head * headWidth
      for element in 0..<headWidth { column[element * block] = from[element] }
      (values + (head * positions + position) * headWidth).update(
        from: own + width + head * headWidth, count: headWidth)
    }
  }
}
