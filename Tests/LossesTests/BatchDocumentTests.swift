import Foundation
import Losses
import Testing

@Suite struct BatchDocumentTests {
  func read(_ text: String) throws -> BatchDocument {
    try BatchDocument(Data(text.utf8), source: "batch.json")
  }

  @Test("a pairwise document gives its columns, rows and parameters")
  func pairwise() throws {
    let document = try read(
      #"{"columns": {"policy_chosen": [-1, -2.5], "policy_rejected": [-3, "-Infinity"]}, "params": {"beta": 0.05}}"#
    )
    #expect(document.batch.rows == 2)
    #expect(document.batch.columns[.policyRejected] == [-3, -.infinity])
    #expect(document.params == ["beta": 0.05])
  }

  @Test("a classification document gives its extents")
  func classification() throws {
    let batch = try read(#"{"columns": {"logits": [[1, 2, 3], [4, 5, 6]], "labels": [0, 2]}}"#)
      .batch
    #expect(batch.family == .classification)
    #expect((batch.rows, batch.classes) == (2, 3))
    #expect(batch.columns[.logits] == [1, 2, 3, 4, 5, 6])
  }

  @Test("a listwise document gives its group size and mask")
  func listwise() throws {
    let batch = try read(
      #"{"columns": {"policy": [[-1, -2]], "reference": [[-1, -1]], "scores": [[1, 0]], "mask": [[1, 0]]}}"#
    ).batch
    #expect(batch.family == .listwise)
    #expect((batch.rows, batch.groupSize) == (1, 2))
    #expect(batch.columns[.listMask] == [1, 0])
  }

  @Test("a list of which the mask hides everything is refused with its row; one present is enough")
  func emptyList() throws {
    func document(_ mask: String) -> String {
      #"{"columns": {"policy": [[-1, -2], [-3, -4]], "mask": \#(mask)}}"#
    }
    let error = #expect(throws: LossmithError.self) { try read(document("[[1, 1], [0, 0]]")) }
    #expect(error?.code.exitCode == .usage)
    #expect(error?.message.contains("row 1 of mask has no completion that is present") == true)
    #expect(try read(document("[[1, 0], [0, 1]]")).batch.rows == 2)
  }

  @Test("a printed gradient has the shape of its column")
  func shapes() throws {
    let output = LossOutput(values: [1, 2], gradients: [.logits: [1, 2, 3, 4, 5, 6]])
    #expect(
      try JSON.text(OutputDocument(output), pretty: false)
        == #"{"gradients":{"logits":[[1,2,3],[4,5,6]]},"loss":[1,2]}"#)
    let pairs = OutputDocument(LossOutput(values: [1, 2], gradients: [.policyChosen: [3, .nan]]))
    #expect(
      try JSON.text(pairs, pretty: false)
        == #"{"gradients":{"policy_chosen":[3,"NaN"]},"loss":[1,2]}"#)
  }

  @Test(
    "a broken document is refused with a sentence that names the fault",
    arguments: [
      (#"{"columns": {"policy_chosen": [1"#, "not a batch document"),
      (#"[]"#, "not a batch document"),
      (#"{"columns": {"policy_choosen": [1]}}"#, "policy_choosen"),
      (#"{"columns": {}}"#, "no columns"),
      (#"{"columns": {"policy_chosen": []}}"#, "empty"),
      (#"{"columns": {"policy_chosen": [1, 2], "policy_rejected": [1]}}"#, "has 2 rows"),
      (#"{"columns": {"policy_chosen": ["x"]}}"#, "not a batch document"),
      (#"{"columns": {"policy_chosen": [1], "logits": [[1]]}}"#, "classification"),
      (#"{"columns": {"logits": [[1, 2], [3]], "labels": [0, 0]}}"#, "different lengths"),
      (#"{"columns": {"logits": [[1, 2]], "labels": [2]}}"#, "label"),
      (#"{"columns": {"logits": [1, 2]}}"#, "list of lists"),
      (#"{"columns": {"logits": [[1, 2]], "labels": [0.5]}}"#, "whole number from 0 to 1"),
      (#"{"columns": {"mask": [[1]], "policy": [[1, 2]]}}"#, "rows of 2"),
      (#"{"columns": {"mask": [[0.5]], "policy": [[1]]}}"#, "0 (padding) or 1 (present)"),
      (#"{"columns": {"chosen_tokens": [0]}}"#, "at least 1 token"),
      (#"{"columns": {"weight": [-1]}}"#, "at least 0"),
    ])
  func refusal(text: String, expected: String) {
    let error = #expect(throws: LossmithError.self) { try read(text) }
    #expect(error?.code == .malformedInput)
    #expect(error?.code.exitCode == .usage)
    #expect(error?.description.contains(expected) == true)
    #expect(error?.location == "batch.json")
  }
}
