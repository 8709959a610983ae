/// What the dynamic loader would see of a shared library.
///
/// Everything is read through the program headers and the dynamic section, as the loader does;
/// section headers decide nothing at run time and are not looked at, so a library cannot show one
/// face to the gate and another to the loader. Every offset and count comes from the file and is
/// checked before use: no file, however broken, makes the reader trap or loop. 64-bit
/// little-endian only. Source: System V ABI, gABI 4.1 chapters 4 and 5.
public struct ELFFile: Sendable {
  /// `e_machine`: 62 for x86-64, 183 for aarch64.
  public let machine: UInt16
  /// `e_type`: 3 for a shared object.
  public let type: UInt16
  public let segments: [Segment]
  /// The dynamic section up to its terminator; empty for a static file.
  public let dynamic: [DynamicEntry]
  /// The dynamic symbols without the null symbol.
  public let symbols: [Symbol]
  public let relocations: [Relocation]
  /// Names in DT_NEEDED, in their order.
  public let needed: [String]

  public struct Segment: Hashable, Sendable {
    public var type: UInt32
    public var flags: UInt32
    public var offset: UInt64
    public var address: UInt64
    public var fileSize: UInt64
    public var memorySize: UInt64
    public var alignment: UInt64

    public var isWritable: Bool { flags & 2 != 0 }
    public var isExecutable: Bool { flags & 1 != 0 }
  }

  public struct DynamicEntry: Hashable, Sendable {
    public var tag: UInt64
    public var value: UInt64
  }

  public struct Symbol: Hashable, Sendable {
    public var name: String
    public var info: UInt8
    public var other: UInt8
    public var section: UInt16
    public var value: UInt64

    /// STT_…: 0 none, 1 object, 2 function, 6 thread-local, 10 indirect function.
    public var kind: UInt8 { info & 15 }
    /// STB_…: 0 local, 1 global, 2 weak, 10 unique.
    public var binding: UInt8 { info >> 4 }
    public var isImported: Bool { section == 0 && !name.isEmpty }
    /// Whether `dlsym` finds it: defined, not local, not hidden.
    public var isExported: Bool {
      section != 0 && binding != 0 && (other & 3 == 0 || other & 3 == 3)
    }
  }

  public struct Relocation: Hashable, Sendable {
    /// The address that the loader writes to.
    public var address: UInt64
    /// The number that the processor's ABI gives to the kind of relocation.
    public var type: UInt32
    /// Index into the dynamic symbol table; 0 for none.
    public var symbol: UInt32
  }

  /// Why bytes are not a readable ELF file.
  public struct Malformed: Error, Sendable, CustomStringConvertible {
    public var description: String
  }

  /// - Throws: ``Malformed`` for anything that the loader would refuse or misread.
  public init(_ bytes: [UInt8]) throws(Malformed) {
    let reader = ELFReader(bytes)
    try reader.checkIdentification()
    type = try reader.u16(16)
    machine = try reader.u16(18)
    segments = try reader.segments()
    try Self.checkLayout(segments)
    dynamic = try reader.dynamicEntries(segments)

    let tables = ELFDynamicTables(reader: reader, segments: segments, dynamic: dynamic)
    relocations = try tables.relocations()
    symbols = try tables.symbols(referenced: relocations)
    needed = try tables.names(of: ELFTag.needed)
  }

  /// The value of the first entry with a tag; nil when there is none.
  public func value(of tag: UInt64) -> UInt64? {
    dynamic.first { $0.tag == tag }?.value
  }

  /// Loadable segments must ascend without sharing a page: where two overlap, what the loader
  /// maps depends on its order and page size.
  private static func checkLayout(_ segments: [Segment]) throws(Malformed) {
    var end: UInt64 = 0
    var first = true
    for segment in segments where segment.type == ELFSegmentType.load {
      let (top, overflow) = segment.address.addingReportingOverflow(segment.memorySize)
      guard !overflow, top < 1 << 47, segment.fileSize <= segment.memorySize else {
        throw Malformed(description: "a loadable segment has impossible extents")
      }
      let page: UInt64 = 4096
      guard first || segment.address / page * page >= end else {
        throw Malformed(description: "two loadable segments overlap")
      }
      end = (top + page - 1) / page * page
      first = false
    }
    if first { throw Malformed(description: "there is no loadable segment") }
  }
}

/// Numbers of the dynamic section's tags that the gate knows.
enum ELFTag {
  static let null: UInt64 = 0
  static let needed: UInt64 = 1
  static let pltRelocationSize: UInt64 = 2
  static let hash: UInt64 = 4
  static let stringTable: UInt64 = 5
  static let symbolTable: UInt64 = 6
  static let rela: UInt64 = 7
  static let relaSize: UInt64 = 8
  static let relaEntry: UInt64 = 9
  static let stringSize: UInt64 = 10
  static let symbolEntry: UInt64 = 11
  static let initFunction: UInt64 = 12
  static let finiFunction: UInt64 = 13
  static let rpath: UInt64 = 15
  static let rel: UInt64 = 17
  static let pltRelocationKind: UInt64 = 20
  static let textRelocations: UInt64 = 22
  static let pltRelocations: UInt64 = 23
  static let initArraySize: UInt64 = 27
  static let finiArraySize: UInt64 = 28
  static let runpath: UInt64 = 29
  static let flags: UInt64 = 30
  static let preinitArraySize: UInt64 = 33
  static let relrSize: UInt64 = 35
  static let gnuHash: UInt64 = 0x6fff_fef5
  static let auditing: UInt64 = 0x6fff_fefc
  static let dependencyAuditing: UInt64 = 0x6fff_fefb
  static let auxiliary: UInt64 = 0x7fff_fffd
  static let filter: UInt64 = 0x7fff_ffff
}

enum ELFSegmentType {
  static let load: UInt32 = 1
  static let dynamic: UInt32 = 2
  static let interpreter: UInt32 = 3
  static let gnuStack: UInt32 = 0x6474_e551
}
