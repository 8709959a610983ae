/// A series as one line of block characters for terminals.
public enum Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")

  /// One character a value; `·` for a nil or a value that is not finite; a flat series is a low line.
  ///
  /// - Parameter width: the most characters; a longer series shows its last values.
  public static func text(_ values: [Double?], width: Int = 60) -> String {
    let shown = values.suffix(max(0, width)).map { $0.flatMap { $0.isFinite ? $0 : nil } }
    let known = shown.compactMap { $0 }
    guard let low = known.min(), let high = known.max() else {
      return String(repeating: "·", count: shown.count)
    }
    return String(
      shown.map { value in
        guard let value else { return "·" }
        guard high > low else { return blocks[0] }
        let share = (value - low) / (high - low)
        return blocks[min(blocks.count - 1, Int(share * Double(blocks.count)))]
      })
  }
}
