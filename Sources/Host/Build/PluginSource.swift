import Foundation
import Losses

/// The source of a plug-in: one file.
public struct PluginSource: Hashable, Sendable {
  public enum Language: String, Sendable, CaseIterable {
    case swift
    case c
    case cxx = "cpp"

    /// The language of a file name's extension; nil for any other file.
    public init?(fileExtension: String) {
      switch fileExtension {
      case "swift": self = .swift
      case "c": self = .c
      case "cpp", "cc", "cxx": self = .cxx
      default: return nil
      }
    }
  }

  public var text: String
  public var language: Language
  /// The author's name for the file, shown in messages only.
  public var fileName: String
  /// The size of a file that is too large to be a loss; its text is empty, and it is rejected
  /// unread.
  public private(set) var excessBytes: Int?

  /// Files of more bytes than this are not read.
  static let readLimit = 16 << 20

  /// Text that came without a file, for example from a model.
  public init(text: String, language: Language = .swift, fileName: String = "Loss.swift") {
    self.text = text
    self.language = language
    self.fileName = fileName
  }

  /// Reads a source file.
  ///
  /// - Throws: `missingFile`; `malformedInput` for an unknown extension and for bytes that are not
  ///   UTF-8. A file that is far too large is no error here: building it gives the verdict.
  public init(file: URL) throws(LossmithError) {
    guard let language = Language(fileExtension: file.pathExtension) else {
      throw LossmithError(
        .malformedInput, "The file is not a source of a plug-in.", at: file.path,
        remedy: "Give a .swift, .c or .cpp file.")
    }
    guard let stamp = FileStamp(path: file.path) else {
      throw LossmithError(
        .missingFile, "There is no such file.", at: file.path,
        remedy: "Check that the path is right.")
    }
    guard stamp.size <= Self.readLimit else {
      self.init(text: "", language: language, fileName: file.lastPathComponent)
      excessBytes = Int(stamp.size)
      return
    }
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw LossmithError(
        .missingFile, "The file cannot be read.", at: file.path,
        remedy: "Check that it is a file and that you may read it.", underlying: error)
    }
    // A byte order mark at the start tells of the encoding and is no part of the text.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = data.starts(with: mark) ? data.dropFirst(mark.count) : data
    guard let text = String(validating: content, as: UTF8.self) else {
      throw LossmithError(
        .malformedInput, "The source is not UTF-8 text.", at: file.path,
        remedy: "Save it as UTF-8.")
    }
    self.init(text: text, language: language, fileName: file.lastPathComponent)
  }
}
