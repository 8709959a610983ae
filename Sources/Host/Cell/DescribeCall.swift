import Foundation
import Losses
import PluginABI

/// The call of `loss_describe_v1`: what both loaders do around it.
enum DescribeCall {
  /// Zeroes the descriptor's place and says how much room there is.
  static func prepare(_ place: UnsafeMutableRawPointer) {
    memset(place, 0, DescriptorDecoder.size)
    place.assumingMemoryBound(to: loss_descriptor.self).pointee.struct_size =
      UInt32(DescriptorDecoder.size)
  }

  /// Copies the descriptor once and reads the copy.
  ///
  /// - Throws: ``LossFailure``: `rejected(descriptor)`.
  static func read(
    _ place: UnsafeRawPointer, status: Int32
  ) throws(LossFailure) -> LossDescriptor {
    let copy = [UInt8](UnsafeRawBufferPointer(start: place, count: DescriptorDecoder.size))
    guard status == 0 else { throw failure(status, copy) }
    return try DescriptorDecoder.decode(copy)
  }

  /// What a status of `loss_describe_v1` means. Beside a status that blames a tunable the
  /// descriptor may be filled as far as it goes; what is wrong in it is then told.
  private static func failure(_ status: Int32, _ copy: [UInt8]) -> LossFailure {
    let (code, line) = (Int(status & 0xff), status >> 8)
    let place = line > 0 ? " (line \(line) of the source)" : ""
    switch code {
    case LOSS_STATUS_TUNABLE where status > 0:
      var message = "a tunable is declared in a way that makes no sense"
      do throws(LossFailure) { _ = try DescriptorDecoder.decode(copy) } catch {
        message = error.finding.message
      }
      return LossFailure(
        .rejected(.descriptor), message + place,
        remedy:
          "Declare at most \(LOSS_MAX_PARAMS) tunables, beta among them, each once: a name of "
          + "a-z, 0-9 and _ that begins with a letter and has at most \(LOSS_NAME_SIZE - 1) "
          + "characters, a default within its range, a range above 0 for a logarithmic scale, "
          + "whole numbers for an integer.")
    case LOSS_STATUS_UNSUPPORTED where status > 0:
      return .descriptor(
        "struct_size",
        "was \(DescriptorDecoder.size) bytes of room, which the plug-in says are too few: it was built "
          + "for a later version than \(LOSS_ABI_MAJOR).\(LOSS_ABI_MINOR)\(place)")
    case LOSS_STATUS_MEMORY where status > 0:
      return LossFailure(
        .resource, "loss_describe_v1 needs more memory than a plug-in may use\(place)")
    default:
      return LossFailure(
        .rejected(.descriptor),
        "loss_describe_v1 returned \(status > 0 ? code : Int(status))\(place)",
        remedy: "Fill the descriptor and return 0.")
    }
  }

  static func missing(_ name: String) -> LossFailure {
    LossFailure(
      .rejected(.gate), "the library does not export \(name)",
      remedy: "Export loss_describe_v1 and loss_kernel_v1 as C functions; see loss_abi.h.")
  }

  /// What a message of the dynamic loader means, in our words.
  ///
  /// A library can make the loader say what it likes, so nothing of the message is shown but a
  /// name that the library's own tables hold and that ``ELFName/shown(_:)`` lets through.
  static func notLoaded(
    _ text: String, _ image: PluginImage, _ limits: CellLimits
  ) -> LossFailure {
    let file = try? ELFFile(Array(image.bytes))
    let loaded = file?.segments.filter { $0.type == 1 }.map { Double($0.memorySize) } ?? []
    if text.localizedCaseInsensitiveContains("cannot allocate memory")
      || loaded.reduce(0, +) > Double(limits.memoryBytes)
    {
      return LossFailure(
        .resource,
        "the library's data do not fit into the \(limits.memoryBytes >> 20) MB that a plug-in may have",
        remedy: "Keep no large static arrays; vectors of the batch's length are enough.")
    }
    func refuse(_ message: String, _ remedy: String) -> LossFailure {
      LossFailure(
        .rejected(.gate), "the dynamic loader refuses the library: \(message)", remedy: remedy)
    }
    if let range = text.range(of: "undefined symbol: ") {
      let name = String(text[range.upperBound...].prefix { $0 != "," && $0 != " " })
      let isReal = file?.symbols.contains { $0.isImported && $0.name == name } ?? false
      return refuse(
        "it needs the symbol \(isReal ? ELFName.shown(name) : "(not shown)"), which no library of a cell has",
        "Link the plug-in so that every symbol is found in libc and libm.")
    }
    if text.contains("cannot open shared object file") {
      let name = file?.needed.first { text.contains($0) }
      return refuse(
        "it needs the library \(name.map(ELFName.shown) ?? "(not shown)"), which is not to be found",
        "Link the plug-in with libc and libm only.")
    }
    if text.contains("static TLS") {
      return refuse(
        "it wants too much thread-local memory", "Use no thread-local arrays.")
    }
    if text.contains("executable stack") {
      return refuse("it wants an executable stack", "Link with -z noexecstack.")
    }
    if text.contains("version `") {
      return refuse(
        "it needs a newer version of a library than this system has",
        "Build the plug-in on this machine.")
    }
    return refuse(
      "it is damaged or of a kind that is not known",
      "Build the plug-in again, as a shared library for this machine.")
  }

  /// Says of a crash that it came before the first batch.
  static func explained(_ failure: LossFailure) -> LossFailure {
    guard case .crashed(let signal) = failure.finding.verdict, [SIGILL, SIGTRAP].contains(signal),
      !failure.finding.message.contains("loaded")
    else { return failure }
    return LossFailure(
      failure.finding.verdict, failure.finding.message + " while it described itself",
      remedy: "Check the declarations of its tunables: a range has its smaller end first, as in "
        + "0.1...5. " + failure.finding.remedy)
  }
}

/// Names that a library's tables hold.
enum ELFName {
  private static let longest = 40

  /// A name as people and models may see it: only one that looks like a name. Anything else could be
  /// a sentence.
  static func shown(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "_.@$+-".utf8.contains(byte)
    }
    guard isPlain, 1...longest ~= name.utf8.count else {
      return "(a name of \(name.utf8.count) bytes, not shown)"
    }
    return name
  }
}
