import Foundation

/// Learning curves as a picture without words: from top to bottom loss, margin and accuracy, each from
/// its least to its greatest value, over the steps from left to right.
///
/// A picture of lines is all that a model needs beside the numbers of the text, and needs no fonts.
enum CurveImage {
  static let width = 360
  static let panel = 120
  static let margin = 8
  /// What the text says of the picture.
  static let legend =
    "The picture shows loss (red), margin (blue) and accuracy (green) over the steps, from top to "
    + "bottom, each from its least to its greatest value."

  private static let colors: [(UInt8, UInt8, UInt8)] = [
    (0xC0, 0x30, 0x30), (0x20, 0x50, 0xC0), (0x20, 0x90, 0x40),
  ]

  /// - Returns: nil for curves of fewer than two steps.
  static func png(_ readout: CurveReadout) -> Data? {
    let curves = readout.curves.prefix(colors.count)
    guard readout.steps.count > 1, !curves.isEmpty else { return nil }
    let height = panel * curves.count
    var canvas = Canvas(width: width, height: height)
    for (index, curve) in curves.enumerated() {
      let top = panel * index
      canvas.frame(top: top + margin, bottom: top + panel - margin, left: margin)
      canvas.draw(
        points(curve.values, steps: readout.steps, top: top), color: colors[index])
    }
    return PNGEncoder.encode(canvas.pixels, width: width, height: height)
  }

  /// Where the values are; a value that is not finite makes a gap.
  private static func points(_ values: [Double], steps: [Int], top: Int) -> [(x: Int, y: Int)?] {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return [] }
    let first = Double(steps[0])
    let length = max(1, Double(steps[steps.count - 1]) - first)
    let span = high / 2 - low / 2
    return zip(steps, values).map { step, value in
      guard value.isFinite else { return nil }
      let across = (Double(step) - first) / length
      let up = span > 0 ? (value / 2 - low / 2) / span : 0.5
      return (
        margin + Int((across * Double(width - 2 * margin - 1)).rounded()),
        top + panel - margin - 1 - Int((up * Double(panel - 2 * margin - 1)).rounded())
      )
    }
  }

  /// White paper.
  private struct Canvas {
    let width: Int
    let height: Int
    var pixels: [UInt8]

    init(width: Int, height: Int) {
      self.width = width
      self.height = height
      pixels = [UInt8](repeating: 0xFF, count: 3 * width * height)
    }

    mutating func set(_ x: Int, _ y: Int, _ color: (UInt8, UInt8, UInt8)) {
      guard (0..<width).contains(x), (0..<height).contains(y) else { return }
      let place = 3 * (y * width + x)
      (pixels[place], pixels[place + 1], pixels[place + 2]) = color
    }

    mutating func frame(top: Int, bottom: Int, left: Int) {
      let gray: (UInt8, UInt8, UInt8) = (0xB0, 0xB0, 0xB0)
      for y in top..<bottom { set(left, y, gray) }
      for x in left..<(width - left) { set(x, bottom - 1, gray) }
    }

    /// A line two pixels thick.
    mutating func draw(_ points: [(x: Int, y: Int)?], color: (UInt8, UInt8, UInt8)) {
      for (from, to) in zip(points, points.dropFirst()) {
        guard let from, let to else { continue }
        let count = max(1, abs(to.x - from.x), abs(to.y - from.y))
        for step in 0...count {
          let x = from.x + (to.x - from.x) * step / count
          let y = from.y + (to.y - from.y) * step / count
          set(x, y, color)
          set(x, y + 1, color)
        }
      }
    }
  }
}
