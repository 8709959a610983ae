import Foundation

/// How far two orders of the same losses agree.
public enum RankCorrelation {
  /// Spearman's ρ: Pearson's correlation of the ranks, ties sharing the mean of theirs.
  ///
  /// - Returns: nil for fewer than three pairs, or when one side is all ties.
  /// - Precondition: equal counts, no NaN.
  public static func spearman(_ first: [Double], _ second: [Double]) -> Double? {
    precondition(first.count == second.count, "\(first.count) and \(second.count) values")
    guard first.count >= 3 else { return nil }
    let (a, b) = (Statistics.ranks(first), Statistics.ranks(second))
    let centre = Double(first.count + 1) / 2
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - centre) * (y - centre)
      aa += (x - centre) * (x - centre)
      bb += (y - centre) * (y - centre)
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
  }

  /// The 95 % interval of Spearman's ρ over pairs that are a sample of many: Fisher's z with the
  /// variance (1 + ρ²/2)/(n − 3) (Bonett and Wright, Psychometrika 2000).
  ///
  /// - Returns: nil for fewer than four pairs; for ρ = ±1, whose z is infinite, that point alone.
  public static func interval(_ rho: Double, pairs: Int) -> ClosedRange<Double>? {
    guard pairs >= 4 else { return nil }
    guard abs(rho) < 1 else { return rho...rho }
    let reach = 1.959963984540054 * ((1 + rho * rho / 2) / Double(pairs - 3)).squareRoot()
    return tanh(atanh(rho) - reach)...tanh(atanh(rho) + reach)
  }

  /// The factor by which the seeds must grow for a correlation to reach a goal, by the Spearman-Brown
  /// formula (Spearman 1910, Brown 1910): k = goal(1 − ρ)/(ρ(1 − goal)).
  ///
  /// - Returns: nil for ρ ≤ 0, which no number of seeds is known to mend; 0 for ρ = 1.
  public static func spearmanBrown(_ rho: Double, goal: Double) -> Double? {
    rho > 0 ? goal * (1 - rho) / (rho * (1 - goal)) : nil
  }
}
