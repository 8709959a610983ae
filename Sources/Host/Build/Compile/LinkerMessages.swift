/// Reads what a linker says when a name is not defined, or defined twice.
///
/// lld writes its messages as a compiler does; those of GNU ld and gold begin with an object's name
/// and hold no word for their weight. The driver's own line below them says only that linking failed.
enum LinkerMessages {
  /// Whether a line is the driver's word that the linker failed: what comes before it in a text may
  /// be the linker's.
  static func isFailure(_ line: Substring) -> Bool {
    line.contains("error: linker command failed with exit code")
      || line.hasSuffix("error: ld returned 1 exit status")
  }

  /// What a line of a linker says; nil for any other line.
  ///
  /// - `x.o:x.c:function f: error: undefined reference to 'foo'` (gold)
  /// - ``x.c:(.text+0xd): undefined reference to `foo'`` (GNU ld)
  /// - ``x.c:(.text+0x0): multiple definition of `foo'; y.o:y.c:(.text+0x0): first defined here``
  static func message(_ line: Substring) -> String? {
    for head in ["undefined reference to ", "multiple definition of "] {
      guard let found = line.firstRange(of: ": " + head) ?? line.firstRange(of: ":" + head) else {
        continue
      }
      let rest = line[found.upperBound...]
      guard let name = quoted(rest) else { continue }
      return "\(head)'\(name)'"
    }
    return nil
  }

  /// The symbol that a message of any linker says is not defined; nil for other messages.
  static func undefinedSymbol(_ message: String) -> String? {
    for head in ["undefined symbol: ", "undefined reference to "] {
      guard let found = message.firstRange(of: head), found.lowerBound == message.startIndex
      else { continue }
      let rest = message[found.upperBound...]
      return quoted(rest) ?? String(rest)
    }
    return nil
  }

  /// What stands between `'…'` or `` `…' `` at the start of a text; an inner quotation mark belongs
  /// to it, for C++ names have them.
  private static func quoted(_ text: Substring) -> String? {
    guard let first = text.first, first == "'" || first == "`" else { return nil }
    let inner = text.dropFirst()
    let cut = inner.firstRange(of: "'; ")?.lowerBound ?? inner.lastIndex(of: "'")
    guard let cut, cut > inner.startIndex else { return nil }
    return String(inner[..<cut])
  }
}
