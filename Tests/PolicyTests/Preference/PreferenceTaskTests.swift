import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Preference files as tasks")
struct PreferenceTaskTests {
  static func task(_ file: URL, _ shared: URL, batch: Int = 4) -> TaskDescription {
    TaskDescription(
      kind: .preference,
      values: [
        "policy.model": .text(shared.appending(path: "models/imdb-gpt").path),
        "data.file": .text(file.path), "data.held_out": .number(0.5),
        "recipe.batch": .integer(batch),
      ])
  }

  static func rows(_ count: Int) -> String {
    (0..<count).map {
      "{\"prompt\":\"Film \($0) was\",\"chosen\":\" good\",\"rejected\":\" bad\"}\n"
    }.joined()
  }

  @Test("a file becomes pairs on both sides, none of whose prompts cross, and skips are told")
  func definition() throws {
    guard let shared = TestFiles.shared else { return }
    try TestFiles.withFolder { folder in
      let file = folder.appending(path: "rows.jsonl")
      try Data((Self.rows(40) + "{\"prompt\":\"a\",\"rejected\":\"b\"}\n").utf8).write(to: file)
      let definition = try Self.task(file, shared).languageDefinition(context: TaskContext())
      let training = try definition.pairs.pairs(seed: 0)
      #expect(training.count + definition.heldOutPairs.count == 40)
      #expect(
        Set(training.map(\.promptHash)).isDisjoint(with: definition.heldOutPairs.map(\.promptHash)))
      #expect(definition.reward == nil)
      #expect(definition.etaMetric == "accuracy")
      #expect(definition.data?.notes == ["left out 1 row without \"chosen\" (line 41)"])
      #expect(definition.summary.contains("without \"chosen\""))
    }
  }

  @Test("no usable row, one side empty, a large batch and a metric without a judge are refused")
  func refusals() throws {
    guard let shared = TestFiles.shared else { return }
    try TestFiles.withFolder { folder in
      let file = folder.appending(path: "rows.jsonl")
      func refusal(_ text: String, batch: Int = 4, metric: String = "accuracy") throws {
        try Data(text.utf8).write(to: file)
        var task = Self.task(file, shared, batch: batch)
        task.values["evaluation.metric"] = .text(metric)
        let error = #expect(throws: LossmithError.self) {
          try task.languageDefinition(context: TaskContext())
        }
        #expect(error?.code == .malformedInput)
      }
      try refusal("{\"prompt\":\"a\",\"rejected\":\"b\"}\n")
      try refusal("{\"prompt\":\"a\",\"chosen\":\"\",\"rejected\":\"b\"}\n")
      try refusal(Self.rows(1))
      try refusal(Self.rows(40), batch: 41)
      try refusal(Self.rows(40), metric: "reward")
    }
  }
}
