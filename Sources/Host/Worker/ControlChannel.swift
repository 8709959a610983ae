import CLaunch
import Foundation
import Losses

/// The line between supervisor and worker: JSON frames, each after its length in four bytes
/// (little-endian), with descriptors riding on the length.
final class ControlChannel: Sendable {
  /// A longer frame is a broken peer.
  static let frameLimit = 1 << 30

  /// Why no frame came.
  enum Silence: Error {
    /// The other side closed the line or died.
    case closed
    case interrupted
    case broken(String)
    /// The supervisor could not do what was asked.
    case refused(WireError)
    /// The job is over: it threw this.
    case ended(any Error)
  }

  private let socket: OwnedDescriptor
  private let interruption: Int32

  /// - Parameter interruption: a descriptor whose readability ends every wait; −1: none.
  init(_ socket: OwnedDescriptor, interruption: Int32) {
    self.socket = socket
    self.interruption = interruption
  }

  var descriptor: Int32 { socket.number }

  func send(_ frame: ControlFrame, descriptors: [Int32] = []) throws(Silence) {
    let body: Data
    do {
      body = try JSON.encode(frame, pretty: false)
    } catch {
      throw .broken("a frame cannot be encoded: \(error)")
    }
    guard body.count <= Self.frameLimit else { throw .broken("a frame is too long") }
    var length = UInt32(body.count).littleEndian
    let sent = claunch_send(socket.number, &length, 4, descriptors, UInt32(descriptors.count))
    guard sent == 4 else { throw .closed }
    var offset = 0
    while offset < body.count {
      let sent = body.withUnsafeBytes { bytes in
        claunch_send(
          socket.number, bytes.baseAddress.map { $0 + offset }, body.count - offset, nil, 0)
      }
      guard sent > 0 else { throw .closed }
      offset += Int(sent)
    }
  }

  /// Waits for a frame.
  ///
  /// - Parameter heedsInterruption: whether the interruption ends the wait.
  func receive(
    heedsInterruption: Bool = true
  ) throws(Silence) -> (ControlFrame, [OwnedDescriptor]) {
    let interruption = heedsInterruption ? interruption : -1
    let (head, descriptors) = try read(4, withDescriptors: true, interruption)
    let length = head.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
    guard Int(length) <= Self.frameLimit else { throw .broken("a frame is too long") }
    let (body, _) = try read(Int(length), withDescriptors: false, interruption)
    do {
      return (try JSON.decode(ControlFrame.self, from: body), descriptors)
    } catch {
      throw .broken("a frame cannot be read: \(JSON.explain(error))")
    }
  }

  private func read(
    _ count: Int, withDescriptors: Bool, _ interruption: Int32
  ) throws(Silence) -> (Data, [OwnedDescriptor]) {
    var data = Data(count: count)
    var owned: [OwnedDescriptor] = []
    var offset = 0
    while offset < count {
      let ready = Poll.wait(
        [.init(socket.number, .read), .init(interruption, .read)], until: Deadline(seconds: nil))
      if ready[1] { throw .interrupted }
      guard ready[0] else { continue }
      var numbers = [Int32](repeating: -1, count: 8)
      var filled = UInt32(withDescriptors ? numbers.count : 0)
      let received = data.withUnsafeMutableBytes { bytes in
        claunch_receive(
          socket.number, bytes.baseAddress.map { $0 + offset }, count - offset, &numbers, &filled,
          1)
      }
      owned += numbers.prefix(Int(filled)).map { OwnedDescriptor($0) }
      if received == Int64(-EAGAIN) { continue }
      guard received > 0 else { throw .closed }
      offset += Int(received)
    }
    return (data, owned)
  }
}
