/// Nearness of names, for errors that propose the one that was meant.
public enum EditDistance {
  /// Insertions, deletions, substitutions and swaps of neighbours that lead from one text to the
  /// other (optimal string alignment).
  public static func between(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var older: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, older[j - 1] + 1) }
        row.append(best)
      }
      older = previous
      previous = row
    }
    return previous[b.count]
  }

  /// The nearest of some names; nil when none is near enough to have been meant.
  public static func nearest(to text: String, among names: [String]) -> String? {
    let best =
      names
      .map { (name: $0, distance: between(text, $0)) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= max(2, text.count / 2) else { return nil }
    return best.name
  }
}
