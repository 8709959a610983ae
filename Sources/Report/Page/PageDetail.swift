/// How much a page draws of each candidate, so that it stays small whatever the run's length.
struct PageDetail: Hashable, Sendable {
  /// The most points of a curve; below 2 for none.
  var points: Int
  /// Whether a curve is a bare line under its name, and value and slope are left out.
  var isSmall: Bool
  /// The most characters of a source or another text of a candidate; nil for all of them.
  var text: Int?

  static let full = PageDetail(points: 64, isSmall: false)

  /// From all that there is to nothing: a page takes the first that keeps it within its bounds.
  static let levels = [
    full, PageDetail(points: 32, isSmall: false), PageDetail(points: 12, isSmall: true),
    PageDetail(points: 0, isSmall: true),
  ]

  /// From all of a candidate's texts to their beginnings.
  static let textLengths: [Int?] = [nil, 6000, 3000, 1500, 800, 400, 160, 60]
}
