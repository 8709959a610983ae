/// The tables that a dynamic section points to: strings, symbols, relocations.
struct ELFDynamicTables {
  let reader: ELFReader
  let segments: [ELFFile.Segment]
  let dynamic: [ELFFile.DynamicEntry]

  private func value(_ tag: UInt64) -> UInt64? { dynamic.first { $0.tag == tag }?.value }

  private func place(_ address: UInt64, _ size: UInt64) throws(ELFFile.Malformed) -> UInt64 {
    try reader.offset(of: address, size: size, in: segments)
  }

  /// The NUL-terminated string at an index of the dynamic string table.
  func string(_ index: UInt64) throws(ELFFile.Malformed) -> String {
    guard let address = value(ELFTag.stringTable), let size = value(ELFTag.stringSize) else {
      throw ELFFile.Malformed(description: "it has no dynamic string table")
    }
    let table = try reader.range(try place(address, size), size)
    guard index < UInt64(table.count) else {
      throw ELFFile.Malformed(description: "a name lies outside the string table")
    }
    // The limit keeps a table of a million names into one long text from costing hours.
    let tail = reader.bytes[(table.lowerBound + Int(index))..<table.upperBound].prefix(4096)
    guard let end = tail.firstIndex(of: 0) else {
      throw ELFFile.Malformed(description: "a name in the string table has no end")
    }
    return String(decoding: tail[..<end], as: UTF8.self)
  }

  /// The strings that all entries with a tag name, for example DT_NEEDED.
  func names(of tag: UInt64) throws(ELFFile.Malformed) -> [String] {
    var names: [String] = []
    for entry in dynamic where entry.tag == tag { names.append(try string(entry.value)) }
    return names
  }

  /// The relocations of DT_RELA and DT_JMPREL. Those of DT_RELR are relative ones by definition
  /// and name no symbol.
  func relocations() throws(ELFFile.Malformed) -> [ELFFile.Relocation] {
    guard value(ELFTag.rel) == nil, (value(ELFTag.pltRelocationKind) ?? 7) == 7 else {
      throw ELFFile.Malformed(description: "it has relocations without addends")
    }
    guard (value(ELFTag.relaEntry) ?? 24) == 24 else {
      throw ELFFile.Malformed(description: "its relocations have an unknown size")
    }
    var relocations: [ELFFile.Relocation] = []
    for (table, size) in [
      (ELFTag.rela, ELFTag.relaSize), (ELFTag.pltRelocations, ELFTag.pltRelocationSize),
    ] {
      guard let address = value(table), let size = value(size), size > 0 else { continue }
      let start = try place(address, size)
      for index in 0..<size / 24 {
        let info = try reader.u64(start + index * 24 + 8)
        relocations.append(
          .init(
            address: try reader.u64(start + index * 24),
            type: UInt32(truncatingIfNeeded: info), symbol: UInt32(info >> 32)))
      }
    }
    return relocations
  }

  /// The dynamic symbols.
  ///
  /// The file does not say how many there are. A symbol counts only when a hash table or a
  /// relocation reaches it, so the largest index among those is the end.
  func symbols(
    referenced relocations: [ELFFile.Relocation]
  ) throws(ELFFile.Malformed) -> [ELFFile.Symbol] {
    guard let address = value(ELFTag.symbolTable) else { return [] }
    guard (value(ELFTag.symbolEntry) ?? 24) == 24 else {
      throw ELFFile.Malformed(description: "its symbols have an unknown size")
    }
    var count = UInt64(relocations.map(\.symbol).max() ?? 0) + 1
    if let hash = value(ELFTag.hash) {
      count = max(count, UInt64(try reader.u32(try place(hash, 8) + 4)))
    }
    if let hash = value(ELFTag.gnuHash) { count = max(count, try gnuHashCount(hash)) }
    let start = try place(address, count * 24)
    var symbols: [ELFFile.Symbol] = []
    for index in 1..<max(count, 1) {
      let at = start + index * 24
      let word = try reader.u32(at + 4)
      symbols.append(
        .init(
          name: try string(UInt64(try reader.u32(at))), info: UInt8(truncatingIfNeeded: word),
          other: UInt8(truncatingIfNeeded: word >> 8), section: UInt16(word >> 16),
          value: try reader.u64(at + 8)))
    }
    return symbols
  }

  /// One more than the largest symbol index that a GNU hash table reaches.
  private func gnuHashCount(_ address: UInt64) throws(ELFFile.Malformed) -> UInt64 {
    let header = try place(address, 16)
    let buckets = UInt64(try reader.u32(header))
    let first = UInt64(try reader.u32(header + 4))
    let bloom = UInt64(try reader.u32(header + 8))
    let bucketStart = try place(address + 16 + bloom * 8, buckets * 4)
    var last: UInt64 = 0
    for index in 0..<buckets {
      last = max(last, UInt64(try reader.u32(bucketStart + index * 4)))
    }
    guard last >= first else { return first }
    let chain = address + 16 + bloom * 8 + buckets * 4
    while true {
      // Every step reads one more word of the file, so the walk ends.
      let word = try reader.u32(try place(chain + (last - first) * 4, 4))
      last += 1
      if word & 1 == 1 { return last }
    }
  }
}
