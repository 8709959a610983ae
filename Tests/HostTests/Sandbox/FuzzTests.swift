import CKernelCall
import CLaunch
import Foundation
import Losses
import PluginABI
import Testing

@testable import Host

/// A hundred thousand damaged inputs for each of the three readers of foreign bytes.
///
/// Everything is drawn from fixed seeds: a case that fails once fails again.
@Suite("Fuzzing")
struct FuzzTests {
  static let cases = 100_000

  /// Damages bytes: bits, whole words of extreme values, copied stretches.
  static func damage(_ bytes: inout [UInt8], hot: Int, _ random: inout RandomStream) {
    let words: [UInt64] = [0, 1, .max, .max >> 1, 1 << 63, 1 << 32, 0xffff_ffff, 0x7ff0 << 48]
    for _ in 0...random.below(3) {
      let limit = random.below(8) == 0 ? bytes.count : min(hot, bytes.count)
      let place = random.below(limit)
      switch random.below(4) {
      case 0, 1: bytes[place] ^= UInt8(1 << random.below(8))
      case 2:
        let word = words[random.below(words.count)]
        let size = [1, 2, 4, 8][random.below(4)]
        for index in 0..<min(size, bytes.count - place) {
          bytes[place + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index))
        }
      default:
        let source = random.below(limit)
        for index in 0..<min(16, bytes.count - max(place, source)) {
          bytes[place + index] = bytes[source + index]
        }
      }
    }
  }

  @Test("descriptors: what is accepted keeps every rule, whatever was damaged")
  func descriptors() throws {
    let loss = try CellLoss(image: try FixtureLibrary.image("benign"), cells: try LocalCells())
    let whole = try Self.descriptorBytes("benign")
    #expect(try DescriptorDecoder.decode(whole) == loss.descriptor)
    var random = RandomStream(seed: 1, purpose: "fuzz-descriptor")
    var accepted = 0
    for _ in 0..<Self.cases {
      var bytes = whole
      Self.damage(&bytes, hot: 760, &random)
      guard let descriptor = try? DescriptorDecoder.decode(bytes) else { continue }
      accepted += 1
      let names = descriptor.tunables.map(\.name)
      let isSound =
        descriptor.arguments.count <= LOSS_MAX_ARGS && names.count <= LOSS_MAX_PARAMS
        && Set(names).count == names.count && !descriptor.name.isEmpty
        && descriptor.arguments.filter { $0 == .value }.count == 1
        && descriptor.tunables.allSatisfy {
          $0.minimum.isFinite && $0.minimum <= $0.initial && $0.initial <= $0.maximum
            && $0.maximum.isFinite
        }
      if !isSound { Issue.record("an unsound descriptor was accepted: \(descriptor)") }
    }
    // Damage to a padding byte or a text is none; damage to the rest is refused.
    #expect(accepted > Self.cases / 100 && accepted < Self.cases)
  }

  private static func descriptorBytes(_ fixture: String) throws -> [UInt8] {
    guard let handle = dlopen(try FixtureLibrary.library(fixture).path, RTLD_NOW),
      let symbol = dlsym(handle, "loss_describe_v1")
    else { throw LossmithError(.hostFault, "the fixture cannot be loaded") }
    typealias Describe = @convention(c) (UnsafeMutablePointer<loss_descriptor>) -> Int32
    var descriptor = loss_descriptor()
    _ = unsafeBitCast(symbol, to: Describe.self)(&descriptor)
    return withUnsafeBytes(of: descriptor) { Array($0) }
  }

  @Test("libraries: the gate's reader says yes or no, and never more")
  func libraries() throws {
    let whole = [UInt8](try GateFixtures.library("benign.c"))
    var random = RandomStream(seed: 1, purpose: "fuzz-library")
    var accepted = 0
    for number in 0..<Self.cases {
      var bytes = whole
      if number % 16 == 0 { bytes.removeLast(random.below(bytes.count)) }
      if !bytes.isEmpty { Self.damage(&bytes, hot: 2048, &random) }
      do throws(LossmithError) {
        _ = try Gate.inspect(Data(bytes), name: "fuzz.so", strictness: .generated)
        accepted += 1
      } catch {
        if error.code != .notAPlugin { Issue.record("case \(number): \(error)") }
      }
    }
    #expect(accepted > 0 && accepted < Self.cases)
  }

  @Test("replies: whatever stands in the output region, only the right number is an answer")
  func replies() throws {
    let batch = CellFixture.batch(rows: 8)
    let descriptor = try CellLoss(
      image: try FixtureLibrary.image("benign"), cells: try LocalCells()
    ).descriptor
    let layout = CallLayout(descriptor, batch)
    let cells = LyingCells(layout: layout)
    var (answered, breaches, others) = (0, 0, 0)
    var connection = try cells.connect()
    for _ in 0..<Self.cases {
      let pattern = CallLayout.pattern(connection.nextSequence)
      layout.fill(
        batch, input: connection.regions.columns, output: connection.regions.outputs,
        pattern: pattern)
      do throws(LossFailure) {
        let (_, status) = try connection.exchange()
        // Everything that a call does with an answer, whatever its outcome says.
        let words = layout.copy(connection.regions.outputs)
        _ = connection.regions.text
        _ = KernelStatus.failure(status)
        if let raw = try? layout.read(words, pattern: pattern) {
          if raw.output.values.count != 8 { Issue.record("a reply of another shape") }
        }
        answered += 1
      } catch {
        let isBreach = error.finding.verdict == .failed(check: "protocol")
        if isBreach { breaches += 1 } else { others += 1 }
        connection = try cells.connect()
      }
    }
    #expect(answered > Self.cases / 2)
    #expect(breaches > 50)
    #expect(answered + breaches + others == Self.cases)
  }
}

/// A source of cells that are no cells: a thread plays plug-in process and reporter, and lies.
private final class LyingCells: CellSource {
  private let layout: CallLayout

  init(layout: CallLayout) { self.layout = layout }

  func connect() throws -> CellConnection {
    try CellConnection(
      plugin: try OwnedDescriptor.memoryFile("loss-nothing"),
      regions: try CellRegions(inputCapacity: 8192, outputCapacity: 8192), limits: CellLimits(),
      cells: self)
  }

  func startCell(
    plugin: Int32, input: Int32, output: Int32, limits: CellLimits
  ) throws(LossmithError) -> OwnedDescriptor {
    let (ours, theirs) = try OwnedDescriptor.socketPair(packets: true)
    let size = Int(CELLWIRE_REPLY_SIZE) + 8192
    guard
      let request = mmap(nil, size, PROT_READ, MAP_SHARED, input, 0), request != MAP_FAILED,
      let reply = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, output, 0),
      reply != MAP_FAILED
    else { throw LossmithError(.hostFault, "no memory for a lie") }
    let liar = Liar(
      request: request, reply: reply, size: size, socket: theirs, bytes: layout.outputBytes,
      seed: UInt64(theirs.number))
    Thread.detachNewThread { liar.run() }
    return ours
  }
}

private final class Liar: @unchecked Sendable {
  private let request: UnsafeMutableRawPointer
  private let reply: UnsafeMutableRawPointer
  private let size: Int
  private let socket: OwnedDescriptor
  private let bytes: Int
  private var random: RandomStream

  init(
    request: UnsafeMutableRawPointer, reply: UnsafeMutableRawPointer, size: Int,
    socket: OwnedDescriptor, bytes: Int, seed: UInt64
  ) {
    self.request = request
    self.reply = reply
    self.size = size
    self.socket = socket
    self.bytes = bytes
    random = RandomStream(seed: seed, purpose: "fuzz-reply")
  }

  func run() {
    let header = request.assumingMemoryBound(to: cellwire_request.self)
    let answer = reply.assumingMemoryBound(to: cellwire_reply.self)
    let asked = CellRegions.word(header, \.sequence)
    let word = CellRegions.word(answer, \.sequence)
    let waiting = CellRegions.word(answer, \.waiting)
    let hostWaits = CellRegions.word(header, \.waiting)
    var done: UInt32 = 0
    defer {
      munmap(request, size)
      munmap(reply, size)
    }
    while true {
      let sequence = cellwire_wait(asked, done, waiting, 2000, 1_000_000)
      if sequence == done {
        if isAbandoned { return }
        continue
      }
      done = sequence
      scribble()
      if random.below(400) == 0, mislead() { return }
      let lie = random.below(200) == 0
      cellwire_post(word, lie ? UInt32(truncatingIfNeeded: random.next()) : sequence, hostWaits)
    }
  }

  /// Anything anywhere in the region, but for the word that makes it an answer.
  private func scribble() {
    for _ in 0..<random.below(40) {
      let place = 8 + random.below(Int(CELLWIRE_REPLY_SIZE) + bytes - 16)
      let value: UInt64 = random.below(3) == 0 ? .max : random.next()
      reply.storeBytes(of: value, toByteOffset: place & ~7, as: UInt64.self)
    }
  }

  /// Sends a report that is none; true when the line is closed with it.
  private func mislead() -> Bool {
    var report = cellwire_report()
    withUnsafeMutableBytes(of: &report) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
    }
    report.report = UInt32(random.below(7))
    let count = [0, 8, MemoryLayout<cellwire_report>.size][random.below(3)]
    _ = claunch_send(socket.number, &report, count, nil, 0)
    return Int(report.report) == CELLWIRE_ENDED && count > 8
  }

  /// Whether the host is gone or has ordered the end, which is then reported.
  private var isAbandoned: Bool {
    var order = cellwire_order()
    let size = MemoryLayout<cellwire_order>.size
    let count = recv(socket.number, &order, size, Int32(MSG_DONTWAIT))
    if count > 0 {
      var report = cellwire_report()
      report.report = UInt32(CELLWIRE_ENDED)
      report.cause = UInt32(CELLWIRE_CAUSE_ORDER)
      _ = claunch_send(socket.number, &report, MemoryLayout<cellwire_report>.size, nil, 0)
    }
    return count >= 0
  }
}
