import Foundation
import Losses

/// The losses that come with Lossmith: one folder each, with a source named like the folder.
public struct Catalogue: Sendable {
  /// One loss of the catalogue, as far as its source tells without being built.
  public struct Entry: Hashable, Sendable {
    public var name: PluginName
    /// nil where the source does not say, as in C.
    public var family: LossFamily?
    /// The first line of the source's comment; may be empty.
    public var summary: String
    public var source: URL
    /// Other names, sorted.
    public var aliases: [String]
  }

  public let folder: URL
  /// Sorted by name.
  public let entries: [Entry]

  /// Reads a catalogue. A folder that does not exist is an empty catalogue.
  ///
  /// Folders without a source of their name, and such whose name is not one of a plug-in, are no
  /// entries.
  ///
  /// - Throws: `malformedInput` when `aliases.json` is not an object of names, or an alias leads
  ///   nowhere or hides a loss.
  public init(folder: URL) throws(LossmithError) {
    self.folder = folder
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var sources: [String: URL] = [:]
    for name in names where PluginName(exactly: name) != nil {
      sources[name] = PluginFolder.namedSource(in: folder.appending(path: name))
    }
    let aliases = try Self.aliases(in: folder, for: sources)
    entries = sources.sorted { $0.key < $1.key }.compactMap { text, source in
      guard let name = PluginName(exactly: text) else { return nil }
      let description = SourceDescription(file: source)
      return Entry(
        name: name, family: description.family, summary: description.summary, source: source,
        aliases: aliases.filter { $0.value == text }.map(\.key).sorted())
    }
  }

  /// The entry of a name or alias; nil when there is none.
  public func entry(named text: String) -> Entry? {
    entries.first { $0.name.text == text || $0.aliases.contains(text) }
  }

  /// The name or alias that was probably meant; nil when none is near.
  public func nearest(to text: String) -> String? {
    EditDistance.nearest(
      to: text.lowercased(), among: entries.flatMap { [$0.name.text] + $0.aliases })
  }

  private static func aliases(
    in folder: URL, for sources: [String: URL]
  ) throws(LossmithError) -> [String: String] {
    let file = folder.appending(path: "aliases.json")
    guard FileManager.default.fileExists(atPath: file.path) else { return [:] }
    let aliases: [String: String]
    do {
      aliases = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    } catch {
      throw LossmithError(
        .malformedInput, "The catalogue's aliases cannot be read.", at: file.path,
        remedy: "Write a JSON object that gives each alias the name of a loss.", underlying: error)
    }
    for (alias, name) in aliases {
      guard PluginName(exactly: alias) != nil, sources[alias] == nil, sources[name] != nil else {
        throw LossmithError(
          .malformedInput, "The alias \(alias) for \(name) is not usable.", at: file.path,
          remedy: "Let it be in the form of a name, hide no loss and lead to one.")
      }
    }
    return aliases
  }
}

/// What a source says of itself before it is built.
struct SourceDescription {
  var family: LossFamily?
  var summary = ""

  /// A file that cannot be read says nothing.
  init(file: URL) {
    guard let source = try? PluginSource(file: file) else { return }
    guard source.language == .swift else {
      summary = Self.firstComment(of: source.text)
      return
    }
    guard source.text.utf8.count <= SourceLint.sizeLimit else { return }
    let facts = SourceFacts(SourceLexer.lex(source.text))
    family = facts.family
    summary = facts.summary
  }

  /// The first line of a C comment at the beginning of a file.
  private static func firstComment(of text: String) -> String {
    let start = text.drop { $0.isWhitespace }
    guard start.hasPrefix("/*") || start.hasPrefix("//") else { return "" }
    let line = start.dropFirst(2).drop { "*/! ".contains($0) }.prefix { !$0.isNewline }
    let end = line.range(of: "*/")?.lowerBound ?? line.endIndex
    return line[..<end].trimmed
  }
}

/// A folder that holds a plug-in.
enum PluginFolder {
  /// The source that is named like the folder; nil without one.
  static func namedSource(in folder: URL) -> URL? {
    let name = folder.lastPathComponent
    return ["swift", "c", "cpp", "cc", "cxx"]
      .map { folder.appending(path: "\(name).\($0)") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// What to build or load of a folder: the source or library of its name, else the only source,
  /// else the only library.
  ///
  /// - Throws: `malformedInput` when there is none, or when it is not clear which one is meant.
  static func plugin(in folder: URL) throws(LossmithError) -> URL {
    if let source = namedSource(in: folder) { return source }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let files = names.sorted().map { folder.appending(path: $0) }
    let sources = files.filter {
      PluginSource.Language(fileExtension: $0.pathExtension) != nil
    }
    let libraries = files.filter { $0.pathExtension == "so" }
    let named = libraries.first {
      $0.deletingPathExtension().lastPathComponent == folder.lastPathComponent
    }
    if sources.count == 1 { return sources[0] }
    if sources.isEmpty, let named { return named }
    if sources.isEmpty, libraries.count == 1 { return libraries[0] }
    let count = sources.count + libraries.count
    throw LossmithError(
      .malformedInput,
      count == 0
        ? "The folder holds no source (.swift, .c, .cpp) and no library (.so)."
        : "The folder holds several plug-ins and none with its name.",
      at: folder.path, remedy: "Name the file that is meant.")
  }
}
