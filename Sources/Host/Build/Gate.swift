import Foundation
import Losses

/// Reads a library before it is ever loaded and names what a loss has no use for.
///
/// Generated code must pass without a problem. For a library that a person drops in the same
/// report is advice: what confines that library is the cell. The gate is one wall of several; it
/// proves nothing about what the code computes.
public enum Gate {
  /// How the library came to be.
  public enum Strictness: String, Sendable, Codable {
    /// Linked by Lossmith from a candidate's source: no constructor at all is expected.
    case generated
    /// Given by a person: the constructor and destructor that compilers add are expected.
    case trusted

    var expectedInitializers: UInt64 { self == .generated ? 0 : 1 }
  }

  /// Libraries of more bytes than this are refused unread.
  static let sizeLimit = 64 << 20

  /// The two functions of the ABI.
  static let entryPoints = ["loss_describe_v1", "loss_kernel_v1"]

  /// Reads a library's bytes.
  ///
  /// - Parameter name: the path that errors show.
  /// - Throws: `notAPlugin` when the bytes are no shared library for this machine or the two
  ///   functions of the ABI are not among its exports. Problems in the report are not errors.
  public static func inspect(
    _ library: Data, name: String, strictness: Strictness
  ) throws(LossmithError) -> GateReport {
    let file = try read(library, name: name)
    try requireEntryPoints(file, name: name)
    let rules = GateRules(file: file, strictness: strictness)
    return GateReport(
      problems: rules.problems(), needed: file.needed.map(ELFName.shown),
      imports: Set(file.symbols.filter(\.isImported).map { ELFName.shown($0.name) }).sorted(),
      exports: Set(file.symbols.filter(\.isExported).map { ELFName.shown($0.name) }).sorted())
  }

  private static func read(_ library: Data, name: String) throws(LossmithError) -> ELFFile {
    let remedy = "Build it as a 64-bit shared library for this machine, for example with -shared."
    guard library.count <= sizeLimit else {
      throw LossmithError(
        .notAPlugin, "The library has \(library.count) bytes; the limit is \(sizeLimit).",
        at: name, remedy: "A loss needs kilobytes: check that this is the right file.")
    }
    let file: ELFFile
    do {
      file = try ELFFile([UInt8](library))
    } catch {
      throw LossmithError(
        .notAPlugin, "The file is not a shared library that can be loaded: \(error).", at: name,
        remedy: remedy)
    }
    guard file.type == 3 else {
      throw LossmithError(
        .notAPlugin, "The file is not a shared object (its ELF type is \(file.type)).", at: name,
        remedy: remedy)
    }
    guard file.machine == GateRules.hostMachine else {
      throw LossmithError(
        .notAPlugin, "The library is for another processor (ELF machine \(file.machine)).",
        at: name, remedy: remedy)
    }
    return file
  }

  private static func requireEntryPoints(
    _ file: ELFFile, name: String
  ) throws(LossmithError) {
    for entry in entryPoints {
      guard let symbol = file.symbols.first(where: { $0.name == entry && $0.isExported }) else {
        throw LossmithError(
          .notAPlugin, "The library does not export the function \(entry).", at: name,
          remedy: "Define it as loss_abi.h says, with C linkage and default visibility.")
      }
      guard symbol.kind == 2 || symbol.kind == 10 else {
        throw LossmithError(
          .notAPlugin, "The library exports \(entry), but not as a function.", at: name,
          remedy: "Define it as loss_abi.h says.")
      }
    }
  }
}
