import Foundation
import Losses
import Testing

@testable import Policy

/// Weights in several files.
@Suite("Sharded weights")
struct ShardTests {
  static let index = "model.safetensors.index.json"

  private func withShards(_ body: (URL, ModelFolder) throws -> Void) throws {
    try TestFiles.withFolder { url in
      let folder = try SmallFolder.make(SmallLlama.untied)
      try folder.save(to: url, shardLimit: 1200)
      try body(url, folder)
    }
  }

  private func shards(_ url: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path)
      .filter { $0.hasSuffix(".safetensors") }.sorted()
  }

  @Test("are read as those in one file, and none is larger than asked for")
  func roundTrip() throws {
    try withShards { url, folder in
      let names = try shards(url)
      #expect(names.count > 2 && names[0] == "model-00001-of-0000\(names.count).safetensors")
      for name in names {
        let file = try SafetensorsFile(url.appending(path: name))
        let bytes = file.names.map { 4 * file.shape(of: $0)!.reduce(1, *) }
        #expect(bytes.reduce(0, +) <= 1200 || bytes.count == 1)
      }
      #expect(SmallFolder.values(try ModelFolder.load(url)) == SmallFolder.values(folder))
      // One file instead of them, and them instead of one file.
      var changed = folder
      changed.parameters = .initial(folder.configuration, seed: 3)
      try changed.save(to: url)
      #expect(SmallFolder.values(try ModelFolder.load(url)) == SmallFolder.values(changed))
      try folder.save(to: url, shardLimit: 1200)
      #expect(SmallFolder.values(try ModelFolder.load(url)) == SmallFolder.values(folder))
    }
  }

  @Test("a limit above all of the weights makes one file")
  func single() throws {
    try TestFiles.withFolder { url in
      try SmallFolder.make(SmallLlama.untied).save(to: url, shardLimit: 1 << 20)
      #expect(try shards(url) == ["model.safetensors"])
    }
  }

  @Test("a missing or broken shard is named")
  func missing() throws {
    try withShards { url, _ in
      let file = url.appending(path: try shards(url)[1])
      let bytes = try Data(contentsOf: file)
      try bytes.dropLast(5).write(to: file)
      #expect(ModelFolderTests.failure(url)?.location == file.path)
      try FileManager.default.removeItem(at: file)
      let error = ModelFolderTests.failure(url)
      #expect(error?.code == .missingFile && error?.location == file.path)
    }
  }

  @Test("an index at odds with its files, or that leads out of the folder, is refused")
  func badIndex() throws {
    let norm = "\"model.norm.weight\""
    try withShards { url, _ in
      let names = try shards(url)
      let file = url.appending(path: Self.index)
      let text = try String(contentsOf: file, encoding: .utf8)
      let entry = try #require(text.split(separator: "\n").first { $0.contains(norm) })
      let own = try #require(names.first { entry.contains($0) })
      let other = try #require(names.first { $0 != own })
      let outside = url.deletingLastPathComponent().appending(path: "elsewhere.safetensors")
      try? FileManager.default.copyItem(at: url.appending(path: own), to: outside)
      defer { try? FileManager.default.removeItem(at: outside) }
      func refusal(_ change: (String) -> String) throws -> String {
        try change(text).write(to: file, atomically: true, encoding: .utf8)
        let error = ModelFolderTests.failure(url)
        #expect(error?.code.exitCode == .usage)
        return error?.message ?? ""
      }
      func placed(_ value: String) -> (String) -> String {
        { $0.replacing(entry, with: "    \(norm): \(value),").replacing(",\n  }", with: "\n  }") }
      }
      #expect(try refusal(placed("\"\(other)\"")).contains("it is in \"\(own)\""))
      for path in ["../elsewhere.safetensors", outside.path, "..", "", "a/../\(own)", "a\\u0000"] {
        #expect(try refusal(placed("\"\(path)\"")).contains("not a file of its folder"), "\(path)")
      }
      #expect(try refusal(placed("7")).contains("is a whole number, not a name"))
      let dropped = try refusal {
        $0.replacing(entry, with: "").replacing(",\n\n  }", with: "\n  }")
      }
      #expect(dropped.contains("does not have the tensor"), "\(dropped)")
      let added = try refusal {
        $0.replacing(entry, with: "    \"more\": \"\(own)\",\n\(entry)")
      }
      #expect(added.contains("\"more\""), "\(added)")
      #expect(try refusal { _ in "{" }.contains("not JSON"))
      #expect(try refusal { _ in "{}" }.contains("weight_map"))
    }
  }

  @Test("a tensor in two files is refused")
  func twice() throws {
    try withShards { url, _ in
      let names = try shards(url)
      let copy = url.appending(path: names[1])
      try FileManager.default.removeItem(at: copy)
      try FileManager.default.copyItem(at: url.appending(path: names[0]), to: copy)
      #expect(ModelFolderTests.failure(url)?.message.contains("in two of the files") == true)
    }
  }
}
