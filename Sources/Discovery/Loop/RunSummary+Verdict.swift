import Losses

/// What the confirmation comes to, in words.
extension RunSummary {
  /// Whether a finalist beats DPO at equal KL, how large a difference would have been seen, or why
  /// nothing can be said; empty where nothing is confirmed or compared.
  public var verdictSentences: [String] {
    guard let finalists else { return [] }
    var sentences: [String] = []
    if finalists.contains(where: { $0.beats != nil }) {
      let winners = finalists.filter { $0.beats == true }.map(\.name)
      sentences.append(
        winners.isEmpty
          ? "No finalist is shown to beat DPO at equal KL." + leastDifference(among: finalists)
          : "Beats DPO at equal KL: \(winners.joined(separator: ", ")).")
    }
    if let equalKLProblem {
      sentences.append("Nothing is compared with DPO at equal KL: \(equalKLProblem)")
    }
    let former = finalists.count { $0.isFormer == true }
    if former > 0 {
      sentences.append(
        "p (Holm) counts \(former) more that an earlier end of this run had confirmed on the same"
          + " seeds.")
    }
    return sentences
  }

  private func leastDifference(among finalists: [Finalist]) -> String {
    guard let least = finalists.compactMap(\.detectable).filter({ $0 > 0 }).min() else { return "" }
    return " A true difference of"
      + " \(Readout.fixed(least, decimals: Readout.decimals(for: least))) would have been shown with a"
      + " probability of about 80 %."
  }

  /// Why no finalist is compared at equal KL; nil where one is, or none was to be.
  static func equalKLProblem(
    _ finalists: [Finalist], _ state: RunState, _ config: RunConfig
  ) -> String? {
    guard config.plan.comparesAtEqualKL, let dpo = state.confirmation,
      finalists.contains(where: { $0.confirmed != nil }),
      !finalists.contains(where: { $0.beats != nil })
    else { return nil }
    if let lost = state.frontierFinding {
      return "DPO's frontier has the verdict \(lost.verdict). \(lost.message)"
    }
    guard dpo.finding.verdict.isOK else {
      return "DPO has the verdict \(dpo.finding.verdict) on the fresh seeds."
    }
    let frontiers = dpo.seeds.compactMap(\.frontier)
    guard let most = frontiers.map(\.count).max() else {
      return "DPO's frontier failed, and the program that measured it did not record why."
    }
    return most < EqualKL.leastPoints
      ? "DPO's frontier has \(most) policies on a seed, and \(EqualKL.leastPoints) are needed"
        + " (evaluation.betas of the task)."
      : "no finalist and DPO's frontier have finite numbers of reward and KL on a common seed."
  }
}
