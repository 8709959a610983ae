import Foundation
import Testing

@testable import Policy

@Suite("Strict JSON")
struct JSONReaderTests {
  static func parse(
    _ text: String, _ lone: JSONReader.LoneSurrogates = .refuse
  ) throws -> JSONValue {
    try JSONReader.parse(Array(text.utf8), loneSurrogates: lone)
  }

  @Test("reads every kind of value")
  func values() throws {
    let object = try #require(
      try Self.parse(
        " {\"a\": [1, -2.5e1, true, false, null], \"b\": {\"c\": \"\\u00e9\\ud83c\\udfac\\n\"}} "
      ).object)
    let list = try #require(object["a"]?.array)
    #expect(list[0].integer == 1)
    #expect(list[1].double == -25)
    #expect(list[2].bool == true)
    #expect(list[3].bool == false)
    #expect(list[4].isNull)
    #expect(object["b"]?.object?["c"]?.string == "é🎬\n")
    #expect(try Self.parse("-0").integer == 0)
    #expect(try Self.parse("18446744073709551616").double == 0x1p64)
  }

  @Test(
    "refuses what is not JSON, with its place",
    arguments: [
      "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "tru",
      "nul", "NaN", "01", "1.", "1e", "-", "+1", ".5", "1 2", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
      "\"\\u12g4\"", "\"\u{1}\"", "\"\n\"", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "\"\\udc00\"",
      "\"\\ud800\\u0041\"", "1e999", "[1] x", "'a'", "{\"a\" 1}", "// x\n1",
    ])
  func refusals(text: String) {
    #expect(throws: JSONFault.self) { try Self.parse(text) }
  }

  @Test("equal keys are equal bytes: two ways to write é are two keys")
  func canonicalEquivalence() throws {
    let object = try #require(try Self.parse("{\"\u{E9}\":1,\"e\u{301}\":2}").object)
    #expect(object["\u{E9}"]?.integer == 1)
    #expect(object["e\u{301}"]?.integer == 2)
  }

  @Test("replaces halves of surrogate pairs where asked to")
  func loneSurrogates() throws {
    #expect(try Self.parse("\"a\\ud800b\"", .replace).string == "a\u{FFFD}b")
    #expect(try Self.parse("\"\\ud800\\ud83c\\udfac\"", .replace).string == "\u{FFFD}🎬")
    #expect(try Self.parse("\"\\udfac\\ud83c\"", .replace).string == "\u{FFFD}\u{FFFD}")
  }

  @Test("refuses invalid UTF-8 and nesting without end")
  func hostile() throws {
    #expect(throws: JSONFault.self) { try JSONReader.parse([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONFault.self) { try JSONReader.parse([0x22, 0xC3, 0x5C, 0x6E, 0x22]) }
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: JSONFault.self) { try JSONReader.parse(deep) }
    let fine = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    #expect(try Self.parse(fine).array?.count == 1)
  }

  @Test("writes strings that it reads back")
  func quoting() throws {
    for text in ["", "a\"b\\c", "\u{0}\u{1F}\n\r\t", "é🎬\u{2028}", "e\u{301}"] {
      let back = try Self.parse(JSONText.quoted(text)).string
      #expect(back.map { Array($0.utf8) } == Array(text.utf8))
    }
  }
}
