/// Finds what somebody may have meant.
enum NearestName {
  /// The known name that is fewest edits away; nil when even that is another word.
  ///
  /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count
  /// one each. A name is near when at most a third of its letters, and one in any case, differ.
  static func find(_ name: String, among known: [String]) -> String? {
    let scored = known.map { (name: $0, distance: distance(name, $0)) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, best.name.count / 3) ? best.name : nil
  }

  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.lowercased().unicodeScalars.prefix(64))
    let b = Array(second.lowercased().unicodeScalars.prefix(64))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, rows[i - 1][j - 1] + 1)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
