import Foundation

/// Where the tests' files are.
enum TestFiles {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A file that was committed with the tests.
  static func fixture(_ name: String) -> URL {
    folder.appending(path: "Fixtures").appending(path: name)
  }

  /// The folder of data sets beside the checkout; nil where there is none.
  static let shared: URL? = {
    let url = folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "shared")
    guard FileManager.default.fileExists(atPath: url.appending(path: "data").path) else {
      print("The shared data sets are not beside the checkout: tests on them check nothing.")
      return nil
    }
    return url
  }()

  /// Runs the body with a new folder that is gone afterwards.
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "lossmith-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url)
  }
}
