/// Bounds-checked reads from the bytes of an ELF file.
struct ELFReader {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The range of `count` bytes at `offset`.
  ///
  /// - Throws: ``ELFFile/Malformed`` when it does not lie within the file.
  func range(_ offset: UInt64, _ count: UInt64) throws(ELFFile.Malformed) -> Range<Int> {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, end <= UInt64(bytes.count) else {
      throw ELFFile.Malformed(description: "the file is cut short, or a table points outside it")
    }
    return Int(offset)..<Int(end)
  }

  /// A little-endian number of `size` bytes, at most eight.
  private func number(_ offset: UInt64, _ size: UInt64) throws(ELFFile.Malformed) -> UInt64 {
    var value: UInt64 = 0
    for index in try range(offset, size).reversed() { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  func u16(_ offset: UInt64) throws(ELFFile.Malformed) -> UInt16 {
    UInt16(truncatingIfNeeded: try number(offset, 2))
  }

  func u32(_ offset: UInt64) throws(ELFFile.Malformed) -> UInt32 {
    UInt32(truncatingIfNeeded: try number(offset, 4))
  }

  func u64(_ offset: UInt64) throws(ELFFile.Malformed) -> UInt64 { try number(offset, 8) }

  func checkIdentification() throws(ELFFile.Malformed) {
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
      throw ELFFile.Malformed(description: "it does not begin with the ELF magic number")
    }
    guard bytes.count >= 64 else {
      throw ELFFile.Malformed(description: "the file is cut short within its header")
    }
    guard bytes[4] == 2, bytes[5] == 1 else {
      throw ELFFile.Malformed(description: "it is not a 64-bit little-endian ELF file")
    }
    guard bytes[6] == 1 else {
      throw ELFFile.Malformed(description: "its ELF version is not 1")
    }
  }

  func segments() throws(ELFFile.Malformed) -> [ELFFile.Segment] {
    let table = try u64(32)
    let entrySize = try u16(54)
    let count = try u16(56)
    guard count == 0 || entrySize == 56 else {
      throw ELFFile.Malformed(description: "its program headers have an unknown size")
    }
    _ = try range(table, UInt64(count) * 56)
    var segments: [ELFFile.Segment] = []
    for index in 0..<UInt64(count) {
      let at = table + index * 56
      let segment = ELFFile.Segment(
        type: try u32(at), flags: try u32(at + 4), offset: try u64(at + 8),
        address: try u64(at + 16), fileSize: try u64(at + 32), memorySize: try u64(at + 40),
        alignment: try u64(at + 48))
      _ = try range(segment.offset, segment.fileSize)
      segments.append(segment)
    }
    return segments
  }

  func dynamicEntries(
    _ segments: [ELFFile.Segment]
  ) throws(ELFFile.Malformed) -> [ELFFile.DynamicEntry] {
    let dynamic = segments.filter { $0.type == ELFSegmentType.dynamic }
    guard let segment = dynamic.first else { return [] }
    guard dynamic.count == 1 else {
      throw ELFFile.Malformed(description: "it has more than one dynamic section")
    }
    // The loader finds the section in memory, by its address.
    let start = try offset(of: segment.address, size: segment.fileSize, in: segments)
    // Of two entries with one tag the loader takes the last, which a reader may miss.
    let repeatable: Set<UInt64> = [ELFTag.needed, ELFTag.auxiliary, ELFTag.filter]
    var seen: Set<UInt64> = []
    var entries: [ELFFile.DynamicEntry] = []
    for index in 0..<segment.fileSize / 16 {
      let entry = ELFFile.DynamicEntry(
        tag: try u64(start + index * 16), value: try u64(start + index * 16 + 8))
      if entry.tag == ELFTag.null { return entries }
      guard seen.insert(entry.tag).inserted || repeatable.contains(entry.tag) else {
        throw ELFFile.Malformed(description: "its dynamic section names one table twice")
      }
      entries.append(entry)
    }
    throw ELFFile.Malformed(description: "its dynamic section has no end")
  }

  /// The place in the file of `size` bytes that the loader maps at an address.
  func offset(
    of address: UInt64, size: UInt64, in segments: [ELFFile.Segment]
  ) throws(ELFFile.Malformed) -> UInt64 {
    let (end, overflow) = address.addingReportingOverflow(size)
    for segment in segments where segment.type == ELFSegmentType.load && !overflow {
      // The extents were checked: neither sum can overflow.
      if address >= segment.address, end <= segment.address + segment.fileSize {
        return segment.offset + (address - segment.address)
      }
    }
    throw ELFFile.Malformed(description: "a table lies at an address that is not loaded")
  }
}
