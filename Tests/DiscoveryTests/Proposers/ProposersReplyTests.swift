import Discovery
import Losses
import Testing

@Suite("Reply parser")
struct ProposersReplyTests {
  static let code = """
    func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
      let x = tunables.beta * batch.margin  // {x}
      return softplus(-x)
    }
    """
  static let proposal = Proposal(thought: "Try it.", name: "plain", code: code)

  /// The code as the inside of a JSON string.
  static let escaped = code.split(separator: "\n", omittingEmptySubsequences: false)
    .joined(separator: "\\n")
  static let plain = #"{"thought": "Try it.", "name": "plain", "code": "\#(escaped)"}"#

  private func finding(_ text: String) -> Finding? {
    do {
      _ = try ReplyParser().parse(text)
      return nil
    } catch {
      return error.finding
    }
  }

  static let readable: [(String, String)] = [
    ("plain", plain),
    ("white space around", "\n\n  \(plain)\n "),
    ("byte order mark", "\u{FEFF}" + plain),
    ("fence", "```json\n\(plain)\n```"),
    ("prose around, braces in it", "Since f(x) = {1, 2} and {y}:\n\(plain)\nHope {this} helps!"),
    ("carriage returns", plain.replacing(", \"", with: ",\r\n \"") + "\r\n"),
    ("raw line breaks in strings", plain.replacing("\\n", with: "\n")),
    ("raw carriage returns in strings", plain.replacing("\\n", with: "\r\n")),
    ("trailing comma", plain.dropLast() + ",}"),
    ("keys in any case", #"{"Thought":"Try it.","NAME":"plain","Code":"\#(escaped)"}"#),
    ("extra keys", #"{"id": 3, "tags": [1, {"a": "}"}], "ok": true, \#(plain.dropFirst())"#),
    ("a draft in the thinking", #"<think>{"code": "wrong", "name": "no"}</think>\#(plain)"#),
    ("an object without code first", #"{"note": "below"} \#(plain)"#),
    ("nested in another object", #"{"proposal": \#(plain), "done": true}"#),
    ("in an array", "[\(plain)]"),
    ("the first of two", plain + "\n" + #"{"thought":"b","name":"b","code":"b"}"#),
    (
      "fence in the code",
      #"{"thought":"Try it.","name":"plain","code":"```swift\n\#(escaped)\n```"}"#
    ),
    (
      "code as lines",
      #"{"thought":"Try it.","name":"plain","code":["#
        + code.split(separator: "\n").map { "\"\($0)\"" }.joined(separator: ", ") + "]}"
    ),
    (
      "escaped twice",
      #"{"thought":"Try it.","name":"plain","code":"\#(escaped.replacing("\\n", with: "\\\\n"))"}"#
    ),
    (
      "code beside the object",
      "{\"thought\":\"Try it.\",\"name\":\"plain\"}\n```swift\n\(code)\n```\n"
    ),
    (
      "code before an object in a fence",
      "```swift\n\(code)\n```\n```json\n{\"thought\":\"Try it.\",\"name\":\"plain\",\"code\":\"\"}\n```"
    ),
    ("unclosed brace", String(plain.dropLast())),
    ("missing comma", plain.replacing(", \"name\"", with: "\n\"name\"")),
    ("single quotes", plain.replacing("\"", with: "'")),
    ("bare keys", "{thought: \"Try it.\", name: \"plain\", code: \"\(escaped)\"}"),
    (
      "Swift's own multi-line string",
      "{\"thought\": \"Try it.\", \"name\": \"plain\", \"code\": \"\"\"\n\(code)\n\"\"\"}"
    ),
    (
      "back-ticks as quotes",
      "{\"thought\": \"Try it.\", \"name\": \"plain\", \"code\": ```swift\n\(code)\n```}"
    ),
    ("unicode escapes", plain.replacing("Try", with: #"\u0054\u0072y"#)),
  ]

  @Test("What can be read without guessing is read", arguments: readable)
  func reads(what: String, text: String) throws {
    let read = try ReplyParser().parse(text)
    #expect(read == Self.proposal, "\(what)")
  }

  @Test("Quotes that were not escaped are told from those that end a string")
  func innerQuotes() throws {
    let text = """
      {"thought": "I call it "soft", and say "why" {here}", "name": "a "b"",
       "code": "let t = tunable("tau", 0.5)
      let u = [tunable("s")]"}
      """
    let read = try ReplyParser().parse(text)
    #expect(read.thought == "I call it \"soft\", and say \"why\" {here}")
    #expect(read.name == "a \"b\"")
    #expect(read.code == "let t = tunable(\"tau\", 0.5)\nlet u = [tunable(\"s\")]")
  }

  @Test("Escapes follow JSON; Swift's own stay as they are")
  func escapes() throws {
    let read = try ReplyParser().parse(
      #"{"thought":"\ud83d\ude00 \ud83d \u00e9\/\t|\u12","name":"n","code":"\"\\(x)\" \(y) \u{41}\\"}"#
    )
    #expect(read.thought == "😀 \u{FFFD} é/\t|\\u12")
    #expect(read.code == #""\(x)" \(y) \u{41}\"#)
  }

  @Test("A missing name or thought is no reason to refuse; names and thoughts stay short")
  func defaults() throws {
    #expect(
      try ReplyParser().parse(#"{"code":"x"}"#)
        == Proposal(thought: "", name: "unnamed", code: "x"))
    let long = String(repeating: "w", count: 50_000)
    let read = try ReplyParser().parse(
      #"{"thought":"\#(long)","name":"a\nb/../\#(long)","code":"x"}"#)
    #expect(read.thought.count == 20_000)
    #expect(read.name.hasPrefix("a b/../w"))
    #expect(read.name.count == 100)
  }

  static let unreadable: [(String, message: String, remedy: String)] = [
    ("", "is empty", "JSON object"),
    (" \n\u{FEFF}", "is empty", "JSON object"),
    ("I cannot help with that.", "no JSON object in the reply; it begins with “I cannot", "JSON"),
    ("```swift\nfunc loss() {}\n```", "no JSON object", "JSON"),
    (#"{"thought":"t","name":"n"}"#, "keys “thought”, “name”, but no “code”", "under the key"),
    (#"{"thought":"t","code":null}"#, "“code” is null, not a string", "under the key"),
    (#"{"thought":"t","code":12}"#, "“code” is a number", "under the key"),
    (#"{"thought":"t","code":{"a":"b"}}"#, "“code” is an object", "under the key"),
    (#"{"thought":"t","code":" \n"}"#, "“code” is empty", "under the key"),
    (#"{"thought":"t","code":"```\n```"}"#, "holds no code", "under the key"),
    (
      #"{"thought":"t","name":"n","code":"func loss("#,
      "opens at line 1 is not complete: the reply ends in the value of “code”", "shorter"
    ),
    (
      "Well:\n{\"thought\": \"t\",\n \"name\" \"n\"}", "breaks at line 3, column 9",
      "write \\n for a line break"
    ),
    (#"{"name":"n"} ```swift\#n a \#n```\#n```swift\#n b \#n```"#, "2 blocks of code", "under"),
    (#"{"code":"a\u0000b"}"#, "control character U+0000", "printable"),
    (#"{"code":"\#(String(repeating: "x", count: 70_000))"}"#, "70000 bytes", "shorter"),
    (String(repeating: "x", count: 1_000_001), "1000001 bytes", "shorter"),
    (
      #"{"thought":"t","extra":"# + String(repeating: "[", count: 200_000), "nested too deeply",
      "JSON"
    ),
  ]

  @Test("A refusal says what is wrong and how to do better", arguments: unreadable)
  func refuses(text: String, message: String, remedy: String) throws {
    let finding = try #require(self.finding(text))
    #expect(finding.verdict == .rejected(.parse))
    #expect(finding.message.contains(message), "\(finding.message)")
    #expect(finding.remedy.contains(remedy), "\(finding.remedy)")
  }

  @Test("Why the model stopped becomes part of the advice")
  func finishReason() throws {
    func finding(_ text: String, _ reason: String) -> Finding? {
      do {
        _ = try ReplyParser().parse(ProposalReply(text: text, source: "m", finishReason: reason))
        return nil
      } catch {
        return error.finding
      }
    }
    #expect(finding(#"{"thought":"t"#, "length")?.message.contains("cut off") == true)
    #expect(finding(#"{"thought":"t"#, "length")?.remedy.contains("shorter") == true)
    #expect(finding("I won't.", "refusal")?.message == "The model declined to answer: “I won't.”.")
    #expect(finding("", "content_filter")?.message.contains("filter") == true)
    #expect(finding(Self.plain, "length") == nil)
  }

  @Test("Braces, quotes and brackets without end do not stall the parser")
  func adversarialSizes() {
    let units = [
      "{", "{\"a\":", "{\"code\":\"", "[{\"thought\":[", "\"", "{\"a\":\"\\", "```", "{'",
      "{\"\"\"\"", "{\"thought\":\"x\" ,", "{name:`", "{a:'", "{\"a\":\"\" ",
    ]
    for unit in units {
      let text = String(repeating: unit, count: 60_000 / unit.utf8.count)
      // The work is bounded: without a bound, each of these takes minutes. Some leave code behind.
      let isKept = unit.contains("code")
      #expect((finding(text)?.verdict ?? .ok) == (isKept ? .ok : .rejected(.parse)), "\(unit)")
    }
  }

  @Test("No mutation of a reply crashes the parser, and what it reads keeps its promises")
  func mutations() {
    var random = SplitMix(state: 20_240_613)
    let seeds =
      Self.readable.map { Array($0.1.utf8) } + Self.unreadable.prefix(14).map { Array($0.0.utf8) }
    let pieces = [
      "\"", "\\", "{", "}", "[", "]", "```", "\n", "\r\n", ",", ":", "'", "\\u", "\\ud83d",
      "\"\"\"", "null", "\u{0}", "code", "\"code\":", "</think>", "é", "\u{FEFF}",
    ].map { Array($0.utf8) }
    let parser = ReplyParser()
    var counts = (read: 0, refused: 0)
    for _ in 0..<30_000 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(4) {
        let at = random.below(bytes.count + 1)
        switch random.below(6) {
        case 0: bytes.removeSubrange(at...)
        case 1: if at < bytes.count { bytes.remove(at: at) }
        case 2: bytes.insert(contentsOf: pieces[random.below(pieces.count)], at: at)
        case 3: if at < bytes.count { bytes[at] = UInt8(random.below(256)) }
        case 4: bytes.insert(contentsOf: bytes[at...].prefix(random.below(60)), at: at)
        default: bytes.removeSubrange(at..<min(bytes.count, at + random.below(30)))
        }
      }
      do {
        let read = try parser.parse(String(decoding: bytes, as: UTF8.self))
        counts.read += 1
        let isSound =
          read.code.contains { !$0.isWhitespace } && !read.name.isEmpty && read.name.count <= 100
          && !read.code.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }
        if !isSound { Issue.record("unsound: \(read)") }
      } catch {
        counts.refused += 1
        let isSound =
          error.finding.verdict == .rejected(.parse) && !error.finding.message.isEmpty
          && !error.finding.remedy.isEmpty
        if !isSound { Issue.record("unsound: \(error.finding)") }
      }
    }
    // Both outcomes must be common, or the mutations prove nothing.
    #expect(counts.read > 5000)
    #expect(counts.refused > 5000)
  }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same mutations every time.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }
}
