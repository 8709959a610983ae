import CLaunch
import Foundation
import Losses

/// A descriptor that closes with its last reference.
public final class OwnedDescriptor: Sendable {
  public let number: Int32

  /// Takes over an open descriptor.
  public init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Two joined sockets, of packets or of a stream.
  ///
  /// - Throws: `LossmithError(.hostFault)` when no descriptor is left.
  static func socketPair(
    packets: Bool
  ) throws(LossmithError) -> (OwnedDescriptor, OwnedDescriptor) {
    var ends: [Int32] = [-1, -1]
    guard claunch_socket_pair(&ends, packets ? 1 : 0) == 0 else {
      throw LossmithError(.hostFault, "no socket pair can be made: \(Errno.text(errno))")
    }
    return (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
  }

  /// A file in memory.
  ///
  /// - Parameter isExecutable: whether it may be mapped as code.
  /// - Throws: `LossmithError(.hostFault)` when the system gives none.
  static func memoryFile(
    _ name: String, isExecutable: Bool = false
  ) throws(LossmithError) -> OwnedDescriptor {
    let number = claunch_memory_file(name, isExecutable ? 1 : 0)
    guard number >= 0 else {
      throw LossmithError(.hostFault, "no memory file can be made: \(Errno.text(-number))")
    }
    return OwnedDescriptor(number)
  }

  /// Adds seals (`CLAUNCH_SEAL_…`) to a memory file.
  func seal(_ seals: Int) throws(LossmithError) {
    let error = claunch_seal(number, Int32(seals))
    guard error == 0 else {
      throw LossmithError(.hostFault, "a memory file cannot be sealed: \(Errno.text(error))")
    }
  }
}
