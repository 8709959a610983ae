import Foundation
import Losses
import Report

/// A small run with one of everything.
enum SampleRun {
  static func eta(_ mean: Double, se: Double? = 0.006, n: Int = 5) -> RunModel.Eta {
    RunModel.Eta(mean: mean, se: se, n: n)
  }

  static func candidate(
    _ index: Int, generation: Int, attempt: Int = 0, name: String, mean: Double? = nil,
    verdict: Verdict = .ok, delta: RunModel.Delta? = nil
  ) -> RunModel.Candidate {
    RunModel.Candidate(
      index: index, generation: generation, attempt: attempt, name: name,
      thought: "The idea of \(name).", source: "let source = \"\(name)\"", verdict: verdict,
      message: verdict.isOK ? "" : "What \(name) did.",
      remedy: verdict.isOK ? "" : "How to mend \(name).",
      eta: mean.map { eta($0) }, kl: mean.map { _ in 12.5 }, delta: delta, seconds: 2,
      warnings: mean == nil ? [] : ["kink at 0 in \(name)"])
  }

  static let model = RunModel(
    title: "A run", task: "bandit", metric: "reward", proposer: "replay", seeds: [0, 1, 2, 3, 4],
    baselines: [
      .init(name: "dpo", eta: eta(0.645), kl: 16.2),
      .init(
        name: "slic", eta: eta(0.644), kl: 15.5,
        delta: .init(mean: -0.001, low: -0.013, high: 0.011)),
    ],
    candidates: [
      candidate(1, generation: 1, name: "first", mean: 0.61),
      candidate(2, generation: 2, name: "broken", verdict: .rejected(.compile)),
      candidate(3, generation: 2, attempt: 1, name: "crash", verdict: .crashed(signal: 11)),
      candidate(
        4, generation: 2, attempt: 2, name: "winner", mean: 0.668,
        delta: .init(mean: 0.023, low: 0.011, high: 0.035)),
      candidate(5, generation: 3, name: "nan", verdict: .diverged(step: 12)),
      candidate(6, generation: 4, name: "late", mean: 0.652),
    ],
    reference: .init(hash: "0cff933968097cff", reward: 0.4089),
    environment: ["core": "Haswell"], started: Date(timeIntervalSince1970: 1_790_000_000),
    stopReason: "All generations are done.", notes: ["A transcript was replayed."])

  static let templates: ReportTemplates = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    do {
      return try ReportTemplates(folder: root.appendingPathComponent("templates/report"))
    } catch {
      fatalError("\(error)")
    }
  }()
}
