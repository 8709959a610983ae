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
    ])
  func refusal(text: String, expected: String) {
    let error = #expect(throws: LossmithError.self) { try read(text) }
    #expect(error?.code == .malformedInput)
    #expect(error?.code.exitCode == .usage)
    #expect(error?.description.contains(expected) == true)
    #expect(error?.location == "batch.json")
  }
}
