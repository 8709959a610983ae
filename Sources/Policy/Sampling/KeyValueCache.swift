import CKernels

/// Keys and values of the sequences that one thread is drawing.
///
/// Of a layer and a slot, keys lie with one column a position, `[positions / 16][head][head width][16]`, so
/// that a query's scores are sums of whole vectors, and a token reads them from one end to the other; values
/// with one row a position.
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
    let own = row + configuration.attentionWidth
    let block = Int(CK_KEYS)
    let values = values(layer: layer, slot: slot)
    let keys =
      keys(layer: layer, slot: slot) + position / block * block * width + position % block
    for element in 0..<width { keys[element * block] = own[element] }
    (values + position * width).update(from: own + width, count: width)
  }
}
