import Foundation
import Glibc
import Losses
import Testing

@testable import Host

@Suite struct CompileJailTests {
  func withScratch(_ body: (URL) throws -> Void) throws {
    let scratch = BuildFixtures.freshCache()
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    try body(scratch)
  }

  /// What must not reach a compiler. Given along, since setting our own while other threads read it is
  /// not safe.
  static let secret = ["LOSSMITH_TEST_SECRET": "secret"]

  func jail(_ limits: CompileJail.Limits = .init(), namespaces: Bool) -> CompileJail {
    CompileJail(
      limits: limits, readable: [],
      environment: ProcessInfo.processInfo.environment.merging(Self.secret) { $1 },
      namespaces: namespaces)
  }

  func shell(
    _ script: String, limits: CompileJail.Limits = .init(), namespaces: Bool = true
  ) throws -> CompileJail.Outcome {
    var outcome: CompileJail.Outcome?
    try withScratch { scratch in
      outcome = try jail(limits, namespaces: namespaces)
        .run("/bin/sh", ["-c", script], scratch: scratch)
    }
    return try #require(outcome)
  }

  @Test(
    "a program runs in its scratch folder with nothing of our environment",
    arguments: [true, false])
  func environment(namespaces: Bool) throws {
    let outcome = try shell("touch made && env", namespaces: namespaces)
    #expect(outcome.ending == .succeeded)
    #expect(outcome.messages.contains("HOME="))
    #expect(!outcome.messages.contains("secret"))
    // Nor has it, by a way around what was given, what is this process's own.
    let own = ProcessInfo.processInfo.environment.filter {
      $0.value.count > 3 && !["PATH", "_"].contains($0.key)
    }
    for (name, value) in own {
      #expect(!outcome.messages.contains("\(name)=\(value)\n"), "\(name)")
    }
  }

  @Test("inside namespaces there is no network, no home and no foreign file")
  func namespaces() throws {
    let jail = jail(namespaces: true)
    try #require(jail.wrapper != nil, "bubblewrap does not work here")
    #expect(jail.layers.contains("no-network"))
    #expect(!self.jail(namespaces: false).layers.contains("no-network"))
    let secret = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data("secret".utf8).write(to: secret)
    defer { try? FileManager.default.removeItem(at: secret) }
    let strange = "touch /usr/\(UUID())"
    for script in ["cat \(secret.path)", "cat /etc/passwd", "ls /root", strange] {
      #expect(try shell(script).ending == .failed, "\(script)")
    }
    // The control: the same file where it may be read.
    let control = try Launcher.shared.run(
      Command(executable: "/bin/cat", arguments: [secret.path]))
    #expect(control.stdout == Data("secret".utf8))
    #expect(try shell("cat /proc/net/dev").ending == .failed)
  }

  @Test("without namespaces Landlock and a filter keep files and network out")
  func floor() throws {
    try #require(ChildJail.landlockVersion > 0, "this kernel has no Landlock")
    #expect(jail(namespaces: false).layers.contains { $0.hasPrefix("landlock") })
    let secret = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data("secret".utf8).write(to: secret)
    defer { try? FileManager.default.removeItem(at: secret) }
    // What is not there: the times of a file that is may be changed.
    let strange = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    for script in [
      "cat \(secret.path)", "cat /etc/passwd", "ls /root", "touch /usr/\(UUID())",
      "touch \(strange)",
    ] {
      #expect(try shell(script, namespaces: false).ending == .failed, "\(script)")
    }
    #expect(try shell("touch x && cat x", namespaces: false).ending == .succeeded)
  }

  @Test("each limit ends in its own words", arguments: [true, false])
  func limits(namespaces: Bool) throws {
    func ending(_ script: String, _ limits: CompileJail.Limits) throws -> String {
      let outcome = try shell(script, limits: limits, namespaces: namespaces)
      guard case .exceeded(let words) = outcome.ending else { return "\(outcome.ending)" }
      return words
    }
    // Under load a second of the processor takes its time.
    let second = CompileJail.Limits(cpuSeconds: 1, wallSeconds: 600)
    #expect(try ending("while :; do :; done", second).contains("processor time"))
    #expect(try ending("sleep 60", .init(wallSeconds: 0.5)).contains("did not end within"))
    #expect(
      try ending("exec head -c 100000 /dev/zero > big", .init(fileSizeBytes: 4096))
        .contains("wrote a file"))
    #expect(
      try ending("while :; do echo words; done", .init(outputBytes: 1000)).contains("messages"))
  }

  @Test("a crash is no limit, and a refusal is no crash")
  func crash() throws {
    #expect(try shell("kill -SEGV $$").ending == .crashed(11))
    #expect(try shell("exit 1").ending == .failed)
    #expect(try shell("exit 1", namespaces: false).ending == .failed)
    #expect(try shell("kill -SEGV $$", namespaces: false).ending == .crashed(11))
  }

  @Test("an expression that the type checker cannot decide ends in a typed verdict")
  func slowExpression() throws {
    let builder = try BuildFixtures.builder(limits: .init(cpuSeconds: 10, wallSeconds: 600))
    let outcome = try builder.build(
      try BuildFixtures.source("slow.swift"), name: BuildFixtures.name("slow"),
      strictness: .generated)
    #expect(outcome.rejection?.finding.verdict == .rejected(.compile))
    #expect(outcome.rejection?.finding.remedy.isEmpty == false)
    // The control: the same limits are enough for a plain loss.
    _ = try builder.build(
      try BuildFixtures.source("plain.swift"), name: BuildFixtures.name("control"),
      strictness: .generated
    ).plugin()
  }

  @Test("a compiler out of time, memory or room is a verdict that names the limit")
  func compilerLimits() throws {
    let source = try BuildFixtures.source("plain.swift")
    func finding(_ limits: CompileJail.Limits, _ salt: String) throws -> Finding? {
      // LossKit must be there already: its own compilation has no candidate to blame.
      _ = try BuildFixtures.builder().build(
        source, name: BuildFixtures.name("warm"), strictness: .generated)
      return try BuildFixtures.builder(limits: limits).build(
        source, name: BuildFixtures.name(salt), strictness: .generated
      ).rejection?.finding
    }
    let time = try finding(.init(wallSeconds: 0.05), "time")
    #expect(time?.verdict == .rejected(.compile))
    #expect(time?.message.contains("did not end within 0.05 s") == true)
    let room = try finding(.init(fileSizeBytes: 512), "room")
    #expect(room?.verdict == .rejected(.compile))
    let memory = try finding(.init(addressSpaceBytes: 200 << 20), "memory")
    #expect(memory?.verdict == .rejected(.compile))
    #expect(memory?.message.contains("MB of memory") == true)
  }

  @Test("a source of 100 MB is rejected unread, and a table that fills the limit ends too")
  func bulk() throws {
    let file = BuildFixtures.freshCache().appendingPathExtension("swift")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    truncate(file.path, 100 << 20)
    let large = try BuildFixtures.builder().build(file: file, strictness: .trusted)
    #expect(large.rejection?.finding.verdict == .rejected(.lint))
    #expect(large.rejection?.finding.message.contains("104857600") == true)

    let table = (0..<20_000).map { "\($0).5" }.joined(separator: ",")
    let plain = try BuildFixtures.source("plain.swift").text
    let source = PluginSource(text: plain + "let table: [Double] = [\(table)]\n")
    let limits = CompileJail.Limits(cpuSeconds: 10, wallSeconds: 600)
    let outcome = try BuildFixtures.builder(limits: limits).build(
      source, name: BuildFixtures.name("table"), strictness: .generated)
    // Either it fits the limits or it is a verdict; a fault or a hang it is not.
    #expect(outcome.rejection.map { $0.finding.verdict == .rejected(.compile) } ?? true)
  }

  @Test("bombs of any language end in a typed verdict with a remedy")
  func bombs() throws {
    let deep = String(repeating: "(", count: 20_000) + "1" + String(repeating: ")", count: 20_000)
    let head = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector"
    let swift = PluginSource(text: "\(head) { batch.margin * \(deep) }")
    let table = PluginSource(
      text: "char table[200u << 20] = {1};", language: .c, fileName: "table.c")
    let recursion = PluginSource(
      text: "template <int n> struct T { T<n + 1> next; }; T<0> first;", language: .cxx,
      fileName: "recursion.cpp")
    let forever = PluginSource(
      text: "#include \"loop.c\"\n#include __FILE__\n", language: .c, fileName: "loop.c")
    let literal = PluginSource(
      text: head + " { batch.margin }\nlet x = \"" + String(repeating: "x", count: 4 << 20) + "\"")
    for source in [swift, table, recursion, forever, literal] {
      let builder = try BuildFixtures.builder(
        limits: .init(cpuSeconds: 5, wallSeconds: 600, fileSizeBytes: 16 << 20))
      let outcome = try builder.build(
        source, name: BuildFixtures.name("bomb"), strictness: .trusted)
      let finding = try #require(outcome.rejection?.finding, "\(source.fileName)")
      let expected: Verdict = source == literal ? .rejected(.lint) : .rejected(.compile)
      #expect(finding.verdict == expected, "\(source.fileName): \(finding.message.prefix(200))")
      #expect(!finding.remedy.isEmpty)
      #expect(finding.message.utf8.count < 1 << 14)
      if source == table { #expect(finding.message.contains("wrote a larger file")) }
    }
  }
}
