/// Byte-pair encoding of one piece of a text (Sennrich et al. 2016, arXiv 1508.07909).
struct BytePairModel: Sendable {
  /// What the first symbols of a piece are, before any merge.
  enum Alphabet: Sendable {
    /// Bytes, as GPT-2 has it: the vocabulary is written in ``ByteAlphabet``.
    case bytes
    /// Unicode scalars; one that the vocabulary lacks becomes its bytes `<0x00>`… if the flag says
    /// so and the vocabulary has them, else the unknown token.
    case scalars(byteFallback: Bool)
  }

  var alphabet: Alphabet
  var vocabulary: [ExactText: Int32]
  var merges: PairTable
  /// A symbol that is not in the vocabulary becomes this; nil drops it.
  var unknown: Int32?
  /// Neighbouring unknown symbols become one.
  var fusesUnknown = false
  /// A piece that is in the vocabulary is one token, whatever the merges.
  var ignoresMerges = false

  /// The id of each byte, −1 where the vocabulary has none.
  private var ofByte: [Int32] = []
  /// The id of each `<0x00>`…, nil unless all are there.
  private var fallback: [Int32]?

  init(
    alphabet: Alphabet, vocabulary: [ExactText: Int32], merges: PairTable, unknown: Int32? = nil,
    fusesUnknown: Bool = false, ignoresMerges: Bool = false
  ) {
    self.alphabet = alphabet
    self.vocabulary = vocabulary
    self.merges = merges
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    self.ignoresMerges = ignoresMerges
    ofByte = ByteAlphabet.letters.map { vocabulary[ExactText(String($0))] ?? -1 }
    let names = (UInt8(0)...255).map { vocabulary[ExactText(Self.fallbackName(of: $0))] }
    fallback = names.contains(nil) ? nil : names.compactMap(\.self)
  }

  static func fallbackName(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  /// Appends the ids of a piece.
  ///
  /// - Precondition: the piece is valid UTF-8.
  func encode(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
    if ignoresMerges, let id = vocabulary[ExactText(written(piece))] {
      output.append(id)
      return
    }
    var queue = MergeQueue()
    queue.merge(symbols(of: piece), with: merges, into: &output)
  }

  /// A piece as the vocabulary writes it.
  private func written(_ piece: UnsafeBufferPointer<UInt8>) -> String {
    switch alphabet {
    case .bytes: ByteAlphabet.token(of: piece)
    case .scalars: String(decoding: piece, as: UTF8.self)
    }
  }

  private func symbols(of piece: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var symbols: [Int32] = []
    symbols.reserveCapacity(piece.count)
    var lastWasUnknown = false
    func add(unknownIfNil id: Int32?) {
      if let id {
        symbols.append(id)
        lastWasUnknown = false
      } else if let unknown {
        if !(fusesUnknown && lastWasUnknown) { symbols.append(unknown) }
        lastWasUnknown = true
      }
    }
    switch alphabet {
    case .bytes:
      for byte in piece {
        let id = ofByte[Int(byte)]
        add(unknownIfNil: id >= 0 ? id : nil)
      }
    case .scalars(let byteFallback):
      let text = ScalarView(bytes: piece)
      var index = 0
      while index < piece.count {
        let next = text.scalar(at: index).next
        let scalar = UnsafeBufferPointer(rebasing: piece[index..<next])
        if let id = vocabulary[ExactText(String(decoding: scalar, as: UTF8.self))] {
          add(unknownIfNil: id)
        } else if byteFallback, let fallback {
          for byte in scalar { add(unknownIfNil: fallback[Int(byte)]) }
        } else {
          add(unknownIfNil: nil)
        }
        index = next
      }
    }
    return symbols
  }
}

/// One token for each piece: its place in a list of words.
struct WordModel: Sendable {
  var vocabulary: [ExactText: Int32]
  /// What a piece outside the vocabulary becomes.
  var unknown: Int32

  func encode(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
    output.append(vocabulary[ExactText(String(decoding: piece, as: UTF8.self))] ?? unknown)
  }
}
