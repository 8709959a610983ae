import CZlib
import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Learning curves in prompts")
struct CurveTests {
  private func curve(_ values: [Double]) -> LearningCurve {
    var curve = LearningCurve()
    curve.step = values.indices.map { 10 * $0 + 1 }
    (curve.loss, curve.margin, curve.accuracy) = (values, values.map { -$0 }, values)
    (curve.chosen, curve.rejected, curve.gradientNorm) = (values, values, values)
    curve.learningRate = values
    return curve
  }

  private func record(_ curves: [LearningCurve?]) -> EvaluationRecord {
    EvaluationRecord(
      plugin: "a", finding: Finding(.ok), referenceHash: "",
      seeds: curves.enumerated().map {
        SeedOutcome(seed: UInt64($0), metrics: [:], curve: $1)
      }, seconds: 1)
  }

  @Test("The mean over the seeds is shown as a sparkline and as numbers")
  func lines() throws {
    let readout = try #require(
      CurveReadout.mean(of: record([curve([0.8, 0.6, 0.4]), curve([0.6, 0.4, 0.2])])))
    let expected = [
      "steps 1, 11, 21", "loss █▅▁ 0.7, 0.5, 0.3", "margin (nats) ▁▅█ -0.7, -0.5, -0.3",
    ]
    #expect(Array(readout.lines.prefix(3)) == expected)
    #expect(CurveReadout.mean(of: record([curve([1]), nil])) == nil)
    #expect(CurveReadout.mean(of: record([curve([1]), curve([1, 2])])) == nil)
    #expect(CurveReadout.mean(of: record([])) == nil)
    var ragged = curve([1, 2])
    ragged.margin = [1]
    #expect(CurveReadout.mean(of: record([ragged])) == nil)
  }

  @Test("Sparklines stay within their heights and length, whatever the numbers")
  func sparklines() {
    #expect(CurveReadout.sparkline([1, 1, 1]) == "▄▄▄")
    #expect(CurveReadout.sparkline([0, .nan, 1]) == "▁×█")
    #expect(CurveReadout.sparkline([.nan, .infinity]) == "××")
    #expect(CurveReadout.sparkline([-1e308, 1e308]) == "▁█")
    #expect(CurveReadout.sparkline((0..<500).map(Double.init)).count == 24)
    #expect(CurveReadout.sparkline([]).isEmpty)
    #expect(CurveReadout.places(64, count: 8).first == 0)
    #expect(CurveReadout.places(64, count: 8).last == 63)
    #expect(Set(CurveReadout.places(9, count: 8)).count == 8)
  }

  @Test("A loss that was trained is told its curves")
  func feedback() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7"), reply("b", "eta 0.8")])
    fixture.evaluator.curve = curve([0.8, 0.6])
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("templates/prompts").path
    var parts = fixture.parts
    parts.prompts = TemplatePrompts(
      book: try PromptBook(directory: directory),
      facts: SystemPrompt(
        manual: "", task: "t", taskDescription: "d", metric: "reward", metricDescription: "e.",
        seeds: 3))
    _ = try DiscoveryRun(in: try fixture.create(), parts: parts).run()
    let told = try #require(fixture.proposer.requests[1].exchanges.first?.feedback)
    #expect(told.contains("Learning curves"))
    #expect(told.contains("\nloss █▁ 0.8, 0.6\n"))
  }

  /// The pixels of a PNG of 8-bit RGB with filter 0; every checksum is recomputed.
  private func pixels(_ png: Data) throws -> (width: Int, height: Int, rgb: [UInt8]) {
    let bytes = Array(png)
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    #expect(bytes.starts(with: signature))
    func number(_ at: Int) -> Int {
      var value = 0
      for byte in bytes[at..<(at + 4)] { value = value << 8 | Int(byte) }
      return value
    }
    var at = 8
    var names: [String] = []
    var (width, height) = (0, 0)
    var packed: [UInt8] = []
    while at < bytes.count {
      let length = number(at)
      let body = Array(bytes[(at + 4)..<(at + 8 + length)])
      let sum: Int = Int(crc32(0, body, uInt(body.count)))
      let stored: Int = number(at + 8 + length)
      #expect(sum == stored)
      let name = String(decoding: body.prefix(4), as: UTF8.self)
      names.append(name)
      if name == "IHDR" { (width, height) = (number(at + 8), number(at + 12)) }
      if name == "IDAT" { packed += body.dropFirst(4) }
      at += 12 + length
    }
    #expect(names == ["IHDR", "IDAT", "IEND"])
    var size = uLong((3 * width + 1) * height)
    var lines = [UInt8](repeating: 1, count: Int(size))
    let status = uncompress(&lines, &size, packed, uLong(packed.count))
    try #require(status == Z_OK && Int(size) == lines.count)
    var rgb: [UInt8] = []
    for row in 0..<height {
      let start: Int = row * (3 * width + 1)
      let end: Int = start + 3 * width + 1
      #expect(lines[start] == 0)
      rgb += lines[(start + 1)..<end]
    }
    return (width, height, rgb)
  }

  @Test("The encoder writes a PNG whose pixels come back")
  func encoder() throws {
    let rgb = (0..<(3 * 5 * 4)).map { UInt8(4 * $0) }
    let back = try pixels(try #require(PNGEncoder.encode(rgb, width: 5, height: 4)))
    #expect(back.width == 5 && back.height == 4 && back.rgb == rgb)
  }

  @Test("The picture has a falling red line and a rising blue one")
  func picture() throws {
    let readout = try #require(CurveReadout.mean(of: record([curve([3, 2, 1])])))
    let image = try pixels(try #require(CurveImage.png(readout)))
    func rows(_ color: [UInt8], column: Int) -> [Int] {
      (0..<image.height).filter { row in
        let place = 3 * (row * image.width + column)
        return Array(image.rgb[place..<(place + 3)]) == color
      }
    }
    let red: [UInt8] = [0xC0, 0x30, 0x30]
    let blue: [UInt8] = [0x20, 0x50, 0xC0]
    let (left, right) = (CurveImage.margin + 3, image.width - CurveImage.margin - 5)
    let redLeft = try #require(rows(red, column: left).first)
    let redRight = try #require(rows(red, column: right).first)
    let blueLeft = try #require(rows(blue, column: left).first)
    let blueRight = try #require(rows(blue, column: right).first)
    #expect(redLeft < redRight)
    #expect(blueLeft > blueRight)
    #expect(CurveImage.png(CurveReadout(steps: [1], curves: readout.curves)) == nil)
    let broken = try #require(
      CurveReadout.mean(of: record([curve([.nan, .infinity, -1e308, 1e308])])))
    #expect(CurveImage.png(broken) != nil)
  }

  @Test("A picture goes along where it is wanted, in each language, until a server refuses it")
  func images() throws {
    let fixture = try RunFixture([
      reply("a", "eta 0.7"), reply("b", "compile"), reply("c", "eta 0.7"),
    ])
    fixture.evaluator.curve = curve([3, 2, 1])
    fixture.promptPlan = try PromptPlan(["curve-images": "true"])
    try fixture.start()
    let counts = fixture.proposer.requests.map(\.images.count)
    #expect(Array(counts.prefix(3)) == [0, 1, 0])

    let hiding = try RunFixture([reply("a", "eta 0.7"), reply("b", "eta 0.71")])
    hiding.evaluator.curve = curve([3, 2, 1])
    hiding.promptPlan = try PromptPlan(["curve-images": "true", "hide": "curves"])
    try hiding.start()
    #expect(hiding.proposer.requests.allSatisfy { $0.images.isEmpty })

    let request = fixture.proposer.requests[1]
    for api in ChatAPI.allCases {
      let answer =
        api == .openai ? Chat.answer() : #"{"content":[{"text":"hello"}],"stop_reason":"end_turn"}"#
      let server = ScriptedServer(
        .respond(status: 200, body: answer),
        .respond(status: 400, body: #"{"error":"image_url is not supported"}"#),
        .respond(status: 200, body: answer))
      defer { server.stop() }
      let proposer = LLMProposer(
        endpoint: try ChatEndpoint(api: api, baseURL: EndpointURL(server.url), model: "m"))
      #expect(try proposer.propose(request)?.text == "hello")
      #expect(try proposer.propose(request)?.text == "hello")
      let bodies = server.received.map { String(decoding: $0.body, as: UTF8.self) }
      let base64 = try #require(request.images.first).base64EncodedString()
      // JSON may write a slash with a backslash before it.
      let sent = bodies.map { $0.replacingOccurrences(of: "\\/", with: "/").contains(base64) }
      #expect(sent == [true, true, false])
      #expect(bodies.map { $0.contains("The picture shows") } == [true, true, false])
    }
  }
}
