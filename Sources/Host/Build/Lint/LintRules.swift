/// Which words an author's source may not hold, and what to write instead.
enum LintRules {
  typealias Complaint = (message: String, remedy: String)

  /// Attributes of the language that do no harm. Names that begin with a capital are the author's
  /// own wrappers and builders.
  private static let attributes: Set<String> = [
    "inline", "inlinable", "discardableResult", "escaping", "autoclosure", "frozen", "available",
    "usableFromInline", "propertyWrapper", "resultBuilder", "dynamicMemberLookup",
    "dynamicCallable", "noescape", "unknown", "warn_unqualified_access", "specialized",
    "nonobjc", "preconcurrency", "retroactive", "unchecked", "Sendable",
  ]

  private static let directives: Set<String> = ["line", "column"]

  private static let words: [String: Complaint] = [
    "import": (
      "a loss imports nothing",
      "Remove the import: the loss vocabulary is already there, and nothing else is."
    ),
    "asm": ("assembly is not available", "Use the functions of the loss vocabulary."),
    "Builtin": ("the compiler's builtins are not available", "Use the loss vocabulary."),
    "OpaquePointer": ("pointers are not available", "Use Vector and Double."),
    "Unmanaged": ("unmanaged references are not available", "Use Vector and Double."),
    "AutoreleasingUnsafeMutablePointer": ("pointers are not available", "Use Vector and Double."),
    "CVaListPointer": ("pointers are not available", "Use Vector and Double."),
    "print": (
      "print is not available", "Remove it: a loss has no output but its values."
    ),
    "debugPrint": (
      "debugPrint is not available", "Remove it: a loss has no output but its values."
    ),
    "dump": ("dump is not available", "Remove it: a loss has no output but its values."),
    "readLine": ("readLine is not available", "Take inputs from the batch and the tunables."),
    "String": ("String is not available", "Use numbers and vectors only."),
    "Character": ("Character is not available", "Use numbers and vectors only."),
    "Dictionary": (
      "Dictionary is not available: it hashes with random numbers", "Use arrays or constants."
    ),
    "Set": ("Set is not available: it hashes with random numbers", "Use arrays."),
    "Hasher": ("Hasher is not available: it hashes with random numbers", "Use arrays."),
    "SystemRandomNumberGenerator": (
      "random numbers are not available", "Give the same result for the same inputs."
    ),
    "Task": ("tasks are not available", "Compute everything within the call."),
    "async": ("async is not available", "Compute everything within the call."),
    "await": ("await is not available", "Compute everything within the call."),
    "actor": ("actors are not available", "Compute everything within the call."),
  ]

  /// What is wrong with a token; nil for nothing.
  ///
  /// - Parameter before: the token before it, which tells a member's name from a word.
  static func complaint(of token: SourceToken, after before: SourceToken?) -> Complaint? {
    switch token.kind {
    case .number, .string, .punctuation: return nil
    case .attribute: return attribute(token.text)
    case .directive: return directive(token.text)
    case .quotedIdentifier: return unsafe(token.text)
    case .identifier:
      // An author's own members may have any name that is not about memory safety.
      if before?.text == ".", before?.kind == .punctuation { return unsafe(token.text) }
      return words[token.text] ?? unsafe(token.text)
    }
  }

  private static func attribute(_ name: String) -> Complaint? {
    if attributes.contains(name) { return nil }
    if let first = name.unicodeScalars.first, ("A"..."Z").contains(first) { return unsafe(name) }
    return (
      "the attribute @\(name) is not allowed",
      "Remove it: a loss needs no attribute, and Lossmith exports it by itself."
    )
  }

  private static func directive(_ name: String) -> Complaint? {
    if directives.contains(name) { return nil }
    return (
      "#\(name) is not allowed", "Remove it: a loss needs neither macros nor conditional code."
    )
  }

  private static func unsafe(_ name: String) -> Complaint? {
    guard name.contains("unsafe") || name.contains("Unsafe") else { return nil }
    return (
      "\(name) is not allowed: a loss does not touch memory itself",
      "Use Vector, Double and the functions of the loss vocabulary."
    )
  }
}
