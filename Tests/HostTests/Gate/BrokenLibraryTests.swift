import Foundation
import Losses
import Testing

@testable import Host

/// SplitMix64, so that every run of the tests sees the same damage.
private struct Dice {
  var state: UInt64
  mutating func next(below limit: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}

@Suite struct BrokenLibraryTests {
  /// Inspects bytes; any outcome but a crash or another error than `notAPlugin` is legal.
  func isPlugin(_ library: Data) throws -> Bool {
    do {
      _ = try Gate.inspect(library, name: "broken.so", strictness: .generated)
      return true
    } catch {
      guard error.code == .notAPlugin else { throw error }
      return false
    }
  }

  @Test("a library cut at any length within its loaded part is no plug-in")
  func truncated() throws {
    let library = try GateFixtures.library("benign.c")
    #expect(try isPlugin(library))
    let file = try ELFFile([UInt8](library))
    let loaded = file.segments.map { $0.offset + $0.fileSize }.max() ?? 0
    #expect(loaded > 1000)
    for length in stride(from: 0, to: Int(loaded), by: 7) {
      #expect(try !isPlugin(library.prefix(length)), "\(length) bytes")
    }
  }

  @Test("damaged libraries never crash the reader", arguments: 0..<4)
  func flipped(part: Int) throws {
    let library = try GateFixtures.library("benign.c")
    // Most of the damage goes where the tables are.
    let hot = min(library.count, 4096)
    var dice = Dice(state: UInt64(part))
    var survivors = 0
    for _ in 0..<2500 {
      var bytes = library
      for _ in 0...dice.next(below: 4) {
        let limit = dice.next(below: 4) == 0 ? bytes.count : hot
        bytes[dice.next(below: limit)] ^= UInt8(1 << dice.next(below: 8))
      }
      if try isPlugin(bytes) { survivors += 1 }
    }
    // A flip in padding or code is no damage to the tables, so some libraries must survive.
    #expect(survivors > 0)
  }

  @Test("numbers at the end of their range never crash the reader")
  func extremes() throws {
    let library = try GateFixtures.library("benign.c")
    let words: [UInt64] = [0, 1, .max, .max >> 1, 1 << 63, 1 << 47, 0xffff_ffff]
    for offset in stride(from: 0, to: min(library.count, 4096), by: 8) {
      for word in words {
        var bytes = library
        withUnsafeBytes(of: word.littleEndian) {
          bytes.replaceSubrange(offset..<min(offset + 8, bytes.count), with: $0)
        }
        _ = try isPlugin(bytes)
      }
    }
    let file = try ELFFile([UInt8](library))
    let dynamic = try #require(file.segments.first { $0.type == 2 })
    for offset in stride(
      from: Int(dynamic.offset), to: Int(dynamic.offset + dynamic.fileSize), by: 8)
    {
      for word in words {
        var bytes = library
        withUnsafeBytes(of: word.littleEndian) {
          bytes.replaceSubrange(offset..<offset + 8, with: $0)
        }
        _ = try isPlugin(bytes)
      }
    }
  }

  @Test("text, emptiness and a lone magic number are no plug-ins")
  func garbage() throws {
    for text in ["", "hello", "\u{7f}ELF", "#!/bin/sh\n"] {
      #expect(try !isPlugin(Data(text.utf8)))
    }
    #expect(try !isPlugin(Data(repeating: 0, count: 4096)))
  }
}
