import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Reviews: the cache")
struct ReviewsCacheTests {
  /// How a file is damaged.
  enum Damage: String, CaseIterable, Sendable {
    case bit, shortened, emptied, replaced, removed

    func apply(to file: URL) throws {
      var bytes = try Data(contentsOf: file)
      switch self {
      case .bit: bytes[bytes.count - 3] ^= 0x10
      case .shortened: bytes.removeLast(9)
      case .emptied: bytes = Data()
      case .replaced: bytes = Data(repeating: 7, count: bytes.count)
      case .removed:
        try FileManager.default.removeItem(at: file)
        return
      }
      try bytes.write(to: file)
    }
  }

  /// Every file below a folder, by its path from there.
  private func contents(_ folder: URL) throws -> [String: Data] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var contents: [String: Data] = [:]
    for path in paths {
      let file = folder.appending(path: path)
      if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
        contents[path] = try Data(contentsOf: file)
      }
    }
    return contents
  }

  @Test("A second task from the same cache fits nothing and has the same numbers")
  func kept() throws {
    try TestFiles.withFolder { folder in
      let first = ProgressLog()
      let outcome = try SmallReviews.train(SmallReviews.task(cache: folder, progress: first.add))
      #expect(!first.all.isEmpty)
      let files = try contents(folder)
      let second = ProgressLog()
      let task = try SmallReviews.task(cache: folder, progress: second.add)
      #expect(second.all.isEmpty)
      #expect(try SmallReviews.train(task) == outcome)
      #expect(try contents(folder) == files)
    }
  }

  @Test("A damaged file is computed anew: not trusted, not fatal", arguments: Damage.allCases)
  func damaged(_ damage: Damage) throws {
    try TestFiles.withFolder { folder in
      let outcome = try SmallReviews.train(SmallReviews.task(cache: folder))
      let files = try contents(folder)
      let names = files.keys.filter {
        $0.hasSuffix(".bin") || $0.hasSuffix("model.safetensors") || $0.hasSuffix(".sha256")
      }
      for kind in ["pool", "judged", "log-probabilities", "held-out", "reviews-reference"] {
        #expect(names.contains { $0.hasPrefix(kind) }, "no \(kind) among \(names)")
      }
      for name in names {
        let file = folder.appending(path: name)
        try damage.apply(to: file)
        #expect((try? Data(contentsOf: file)) != files[name])
        #expect(try SmallReviews.train(SmallReviews.task(cache: folder)) == outcome, "\(name)")
        // What was computed anew is there for the next one.
        #expect(try Data(contentsOf: file) == files[name], "\(name)")
      }
    }
  }

  @Test("A cache that cannot be written to is no error")
  func unwritable() throws {
    try TestFiles.withFolder { folder in
      let file = folder.appending(path: "file")
      try Data([1]).write(to: file)
      let task = try SmallReviews.task(cache: file)
      #expect(try SmallReviews.train(task) == SmallReviews.train(SmallReviews.task()))
    }
  }
}
