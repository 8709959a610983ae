import Foundation
import Losses
import Testing

@testable import Policy

@Suite("The files of imdb")
struct IMDbFilesTests {
  /// A folder with empty files of the right names.
  static func fill(_ folder: URL) throws {
    for name in [
      "models/imdb-gpt/config.json", "models/imdb-gpt/model.safetensors",
      "models/imdb-gpt/tokenizer.json", IMDbFiles.reviews, IMDbFiles.heldOutReviews,
    ] {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
  }

  @Test("a folder behind the name goes before the variable, and the variable before other places")
  func order() throws {
    try TestFiles.withFolder { folder in
      let (full, other) = (folder.appending(path: "full"), folder.appending(path: "other"))
      try Self.fill(full)
      try Self.fill(other)
      let empty = folder.appending(path: "empty")
      let variables = ["LOSSMITH_DATA": other.path]
      func resolve(_ text: String, _ environment: [String: String] = [:]) -> String {
        TaskCatalogue.resolve(text, environment: environment, folders: [empty, full])
      }
      #expect(resolve("imdb:\(empty.path)/../x", variables) == "imdb:\(folder.path)/x")
      #expect(resolve("imdb", variables) == "imdb:\(other.path)")
      #expect(resolve("imdb", ["LOSSMITH_DATA": ""]) == "imdb:\(full.path)")
      #expect(resolve("imdb") == "imdb:\(full.path)")
      #expect(TaskCatalogue.resolve("imdb", environment: [:], folders: [empty]) == "imdb")
      #expect(resolve("bandit", variables) == "bandit")
      #expect(resolve("/a/../imdb.yaml", variables) == "/imdb.yaml")
    }
  }

  @Test("a folder with its files makes a description; what is missing is named")
  func description() throws {
    try TestFiles.withFolder { folder in
      try Self.fill(folder)
      let task = try IMDbFiles.description("imdb:\(folder.path)")
      #expect(task.name == "imdb")
      #expect(task.url("data.reviews")?.path == folder.appending(path: IMDbFiles.reviews).path)
      try FileManager.default.removeItem(at: folder.appending(path: IMDbFiles.reviews))
      let lacking = #expect(throws: LossmithError.self) {
        try IMDbFiles.description("imdb:\(folder.path)")
      }
      #expect(lacking?.code == .missingFile)
      #expect(lacking?.message.contains(IMDbFiles.reviews) == true)
      #expect(lacking?.message.contains(IMDbFiles.heldOutReviews) == false)
      for name in ["imdb", "imdb:"] {
        let nowhere = #expect(throws: LossmithError.self) { try TaskCatalogue.task(named: name) }
        #expect(nowhere?.code == .missingFile)
        #expect(nowhere?.remedy?.contains("LOSSMITH_DATA") == true)
      }
    }
  }
}
