import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Rows of next-token training")
struct TrainingTextsTests {
  func read(
    _ lines: [String], name: String = "rows.jsonl", heldOut: Double = 0
  ) throws -> TrainingTexts {
    try TestFiles.withFolder { folder in
      let file = folder.appending(path: name)
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      return try TrainingTexts(
        file, tokenizer: try WordTokenizer.make(words: ["the", "film", "was", "good", "bad"]),
        contextLength: 16, startToken: 0, heldOut: heldOut)
    }
  }

  let pair = #"{"prompt": "the film", "chosen": " was good", "rejected": " was bad"}"#

  @Test(
    "the first row with a known key says what a file holds; the others are left out and counted")
  func kinds() throws {
    let noChosen = #"{"prompt": "the film", "rejected": " was bad"}"#
    let pairs = try read([#"{"id": 3}"#, noChosen, pair, pair])
    #expect(pairs.kind == .prompts)
    #expect(pairs.training.count == 2)
    #expect(pairs.notes.contains { $0.contains(#"left out 2 rows without "chosen""#) })
    let texts = try read([
      #"{"text": "the film was good"}"#, #"{"text": "good", "label": 1}"#, noChosen, "{", "",
      #"{"text": "  "}"#,
    ])
    #expect(texts.kind == .texts)
    #expect(texts.training.count == 2)
    #expect(texts.notes.contains { $0.contains(#"left out 2 rows without "text" (lines 3, 6)"#) })
    #expect(texts.notes.contains { $0.contains("left out 1 row not a JSON object (line 4)") })
    #expect(
      try read(["[", #"{"text": "the film"}"#, ",", #"{"text": "bad"}"#, "]"]).kind == .texts)
    for bad in [[""], [#"{"id": 3}"#], [#"{"text": 3}"#], ["{"]] {
      let error = #expect(throws: LossmithError.self, "\(bad)") { try read(bad) }
      #expect(error?.code == .malformedInput)
    }
  }

  @Test("sft and a preference task hold out the same prompts at the same share")
  func nested() throws {
    let words = ["the", "film", "was", "good", "bad"]
    let lines = (0..<60).map { row in
      let prompt = (0..<4).map { words[(row >> $0 + row * ($0 + 1)) % 5] }.joined(separator: " ")
      return #"{"prompt": "\#(prompt)", "chosen": " good", "rejected": " bad"}"#
    }
    func prompts(_ rows: [TokenRow]) -> Set<[Int32]> {
      Set(rows.map { $0.tokens.dropLast(2) }.map { Array($0) })
    }
    let fitted = try read(lines, heldOut: 0.3)
    let same = try read(lines, heldOut: 0.3)
    let fewer = try read(lines, heldOut: 0.1)
    #expect(!fitted.heldOut.isEmpty)
    #expect(prompts(fitted.training).isDisjoint(with: prompts(same.heldOut)))
    #expect(prompts(fewer.heldOut).isSubset(of: prompts(fitted.heldOut)))
  }

  @Test("a task that holds out more than its policy's fit is warned of it")
  func warning() throws {
    let record = HeldOutRecord(share: 0.1, of: .prompts)
    #expect(record.warning(holdingOut: 0.2)?.contains("has seen held-out prompts") == true)
    #expect(record.warning(holdingOut: 0.1) == nil)
    #expect(HeldOutRecord(share: 0, of: .texts).warning(holdingOut: 0.2) == nil)
    try TestFiles.withFolder { folder in
      #expect(HeldOutRecord.read(folder) == nil)
      let file = folder.appending(path: "metrics.json")
      try Data(#"{"held_out": {"share": 0.25, "of": "prompts"}, "steps": 3}"#.utf8).write(to: file)
      #expect(HeldOutRecord.read(folder) == HeldOutRecord(share: 0.25, of: .prompts))
      try Data("[]".utf8).write(to: file)
      #expect(HeldOutRecord.read(folder) == nil)
    }
  }

  @Test("half surrogate pairs are replaced and counted, a wrong form is named as such")
  func report() throws {
    let half = #"{"prompt": "the film", "chosen": " good \ud800", "rejected": " was bad"}"#
    let notes = try read([pair, half, #"{"prompt": "the", "chosen": 5, "rejected": "bad"}"#]).notes
    #expect(notes.contains("replaced halves of surrogate pairs in 1 row"))
    #expect(notes.contains { $0.contains("neither a text nor a message list (line 3)") })
    #expect(try read([pair]).notes.isEmpty)
  }
}
