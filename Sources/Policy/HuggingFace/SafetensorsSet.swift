import Foundation
import Losses

/// A model's tensors in one safetensors file, or in several that an index lists.
///
/// The index, `model.safetensors.index.json`, says of each tensor in which file of the folder it
/// lies: `{"weight_map": {"name": "model-00001-of-00002.safetensors", …}}`. Index and files must agree
/// in full; a tensor that only one of them knows is an error.
struct SafetensorsSet {
  static let singleName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"
  /// Larger files are no indices.
  private static let largestIndex = 64 << 20

  static func shardName(_ index: Int, of count: Int) -> String {
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "model-\(padded(index + 1))-of-\(padded(count)).safetensors"
  }

  /// How errors name the whole.
  let path: String
  private var files: [(path: String, file: SafetensorsFile)] = []
  private var places: [ExactText: Int] = [:]
  private(set) var names: [String] = []

  /// - Throws: what ``SafetensorsFile`` throws.
  init(file url: URL) throws(LossmithError) {
    path = url.path
    add(try SafetensorsFile(url), path: url.path)
  }

  /// - Throws: `LossmithError`: `missing-file` for a file that the index names and the folder lacks;
  ///   `malformed-input` for an index that is not one, names a file outside the folder, or disagrees
  ///   with the files; what ``SafetensorsFile`` throws.
  init(index url: URL) throws(LossmithError) {
    path = url.path
    let bytes = try PlainFile(path: url.path).readAll(limit: Self.largestIndex, path: url.path)
    let map = try Self.weightMap(bytes, path: url.path)
    let folder = url.deletingLastPathComponent()
    for name in Set(map.map(\.file)).sorted() {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw LossmithError(
          .missingFile,
          "The index names the file \"\(JSONReader.shortened(name))\", which is not there.",
          at: file.path, remedy: "Get all of the model's files.")
      }
      let shard = try SafetensorsFile(file)
      if let twice = shard.names.first(where: { places[ExactText($0)] != nil }) {
        throw Self.malformed(
          "The tensor \"\(JSONReader.shortened(twice))\" is in two of the files.", at: file.path)
      }
      add(shard, path: file.path)
    }
    for (name, file) in map {
      guard let place = places[ExactText(name)] else {
        throw Self.malformed(
          "The index has the tensor \"\(JSONReader.shortened(name))\" in \"\(file)\", where it is not.",
          at: url.path)
      }
      let own = (files[place].path as NSString).lastPathComponent
      guard own == file else {
        throw Self.malformed(
          "The index has the tensor \"\(JSONReader.shortened(name))\" in \"\(file)\";"
            + " it is in \"\(own)\".", at: url.path)
      }
    }
    if map.count != names.count {
      let known = Set(map.map { ExactText($0.name) })
      let extra = names.first { !known.contains(ExactText($0)) } ?? ""
      throw Self.malformed(
        "The index does not have the tensor \"\(JSONReader.shortened(extra))\" of"
          + " \"\((path(of: extra) as NSString).lastPathComponent)\".", at: url.path)
    }
  }

  private mutating func add(_ file: SafetensorsFile, path: String) {
    for name in file.names {
      places[ExactText(name)] = files.count
      names.append(name)
    }
    files.append((path, file))
  }

  private static func malformed(_ message: String, at path: String) -> LossmithError {
    LossmithError(
      .malformedInput, message, at: path,
      remedy: "Get index and files again, or save the model anew.")
  }

  private static func weightMap(
    _ bytes: [UInt8], path: String
  ) throws(LossmithError) -> [(name: String, file: String)] {
    let tree: JSONValue
    do throws(JSONFault) {
      tree = try JSONReader.parse(bytes)
    } catch {
      throw malformed("This is not JSON: \(error).", at: path)
    }
    guard let members = tree.object?["weight_map"]?.object?.members, !members.isEmpty else {
      throw malformed("The index has no weight_map of tensors and files.", at: path)
    }
    var map: [(name: String, file: String)] = []
    for (name, value) in members {
      guard let file = value.string else {
        throw malformed(
          "The file of the tensor \"\(JSONReader.shortened(name))\" is \(value.kind), not a name.",
          at: path)
      }
      // A name of this folder and nothing else: an index must not reach any other file.
      guard !file.isEmpty, file != ".", file != "..", !file.utf8.contains(UInt8(ascii: "/")),
        !file.utf8.contains(0)
      else {
        throw malformed(
          "The index names \"\(JSONReader.shortened(file))\", which is not a file of its folder.",
          at: path)
      }
      map.append((name, file))
    }
    return map
  }

  /// The file that a tensor is in.
  func path(of name: String) -> String { places[ExactText(name)].map { files[$0].path } ?? path }

  func shape(of name: String) -> [Int]? {
    places[ExactText(name)].flatMap { files[$0].file.shape(of: name) }
  }

  /// Nil when there is no such tensor.
  func element(of name: String) -> TensorElement? {
    places[ExactText(name)].flatMap { files[$0].file.element(of: name) }
  }

  /// - Precondition: as of ``SafetensorsFile/copy(_:to:)``.
  func copy(_ name: String, to target: UnsafeMutableBufferPointer<Float>) {
    files[places[ExactText(name)]!].file.copy(name, to: target)
  }

  /// - Precondition: the tensor is there.
  func floats(_ name: String) -> [Float] { files[places[ExactText(name)]!].file.floats(name)! }
}
