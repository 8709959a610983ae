import Discovery
import Foundation
import Losses
import Testing

@testable import Lossmith

/// The folder of a policy: what it may replace, and what a killed process leaves.
@Suite struct OutputFolderTests {
  /// A folder that looks like a policy and says which.
  private func policy(_ text: String, at url: URL, _ names: [String] = ["config.json"]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for name in names { try Data(text.utf8).write(to: url.appending(path: name)) }
  }

  private func text(_ url: URL) throws -> String {
    try String(contentsOf: url.appending(path: "config.json"), encoding: .utf8)
  }

  private func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
  }

  @Test("a policy in several files is replaced, one with other files in it or its adapter is not")
  func known() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    let adapter = place.appending(path: "adapter")
    try policy(
      "old", at: place,
      [
        "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ])
    try policy("old", at: adapter, ["adapter_config.json", "adapter_model.safetensors"])
    let kept = #expect(throws: LossmithError.self) {
      try OutputFolder(place.path, replacing: false)
    }
    #expect(kept?.code == .usage && kept?.remedy?.contains("--force") == true)
    for other in ["notes.txt", "model-1-of-2.safetensors", "adapter/notes.txt"] {
      let file = place.appending(path: other)
      try Data().write(to: file)
      let error = #expect(throws: LossmithError.self) {
        try OutputFolder(place.path, replacing: true)
      }
      #expect(error?.code == .usage && error?.message.contains(other) == true)
      try FileManager.default.removeItem(at: file)
    }
    try OutputFolder(place.path, replacing: true).fill { try policy("new", at: $0) }
    #expect(try text(place) == "new")
    #expect(try names(folder) == ["policy"])
  }

  @Test("what came into the place while the work went on is kept")
  func late() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    try policy("old", at: place)
    let output = try OutputFolder(place.path, replacing: true)
    let error = #expect(throws: LossmithError.self) {
      try output.fill {
        try policy("new", at: $0)
        try Data().write(to: place.appending(path: "notes.txt"))
      }
    }
    #expect(error?.code == .usage)
    #expect(try text(place) == "old")
    // And so is the work.
    let kept = folder.url.appending(path: "policy.kept")
    #expect(error?.remedy?.contains("policy.kept") == true)
    #expect(try text(kept) == "new")
    #expect(try names(folder) == ["policy", "policy.kept"])
  }

  @Test("what a process with our number left is not taken for our work")
  func sameNumber() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    let stale = folder.url.appending(path: ".policy.\(getpid()).part")
    try policy("stale", at: stale, ["vocab.json", "half.tmp"])
    try policy("old", at: folder.url.appending(path: ".policy.\(getpid()).part.old"))
    let output = try OutputFolder(place.path, replacing: true)
    #expect(try text(place) == "old")
    try output.fill { try policy("new", at: $0) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["config.json"])
    #expect(try text(place) == "new")
    #expect(try names(folder) == ["policy"])
  }

  @Test("where something is mounted no folder can be put; its place is found in the kernel's words")
  func mounted() throws {
    let text = #"36 35 98:0 /mnt1 /mnt/a\040b\134c rw master:1 - ext3 /dev/root rw"# + "\nx\n"
    #expect(MountPoints.places(in: text) == [#"/mnt/a b\c"#])
    #expect(MountPoints.contain("/proc") && !MountPoints.contain("/proc/self"))
    let error = #expect(throws: LossmithError.self) {
      try OutputFolder("/", replacing: true)
    }
    #expect(error?.code == .usage)
  }

  @Test("a folder that a dead process moved aside is put back; what somebody holds is left alone")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    // Our parent waits for us, so the number tells nothing: the dead may have had it elsewhere.
    let dead = ".policy.\(getppid()).part"
    let held = ".policy.\(Int32.max).part"
    for name in [dead, held] {
      try policy("new", at: folder.url.appending(path: name))
      try policy("old", at: folder.url.appending(path: name + ".old"))
    }
    let locks = try [held, held + ".old"].map {
      try FileLock(folder: folder.url.appending(path: $0).path)
    }
    try policy("another", at: folder.url.appending(path: ".policy.thesis.part"))
    let error = #expect(throws: LossmithError.self) {
      try OutputFolder(place.path, replacing: false)
    }
    #expect(error?.message.contains("policy already") == true)
    #expect(try text(place) == "old")
    // What was aside and has been replaced since goes, with what was being filled.
    try policy("older", at: folder.url.appending(path: dead + ".old"))
    try OutputFolder(place.path, replacing: true).fill { try policy("newer", at: $0) }
    #expect(try text(place) == "newer")
    #expect(try names(folder) == [held, held + ".old", ".policy.thesis.part", "policy"].sorted())
    withExtendedLifetime(locks) {}
  }

  @Test("the folder that is being filled is no leftover to another process")
  func filling() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    try OutputFolder(place.path, replacing: false).fill { staging in
      Leftovers(of: place).remove()
      try policy("new", at: staging)
    }
    #expect(try text(place) == "new")
    #expect(try names(folder) == ["policy"])
  }

  @Test("a place that was free and is taken by now is refused, unless it may be replaced")
  func meanwhile() throws {
    let folder = try TemporaryFolder()
    let place = folder.url.appending(path: "policy")
    let (careful, bold) = (
      try OutputFolder(place.path, replacing: false), try OutputFolder(place.path, replacing: true)
    )
    try careful.requireFree()
    try policy("another", at: place)
    #expect(throws: LossmithError.self) { try careful.requireFree() }
    try bold.requireFree()
  }

  @Test("a place where nothing can be made is refused before the work")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("rows.jsonl", "")
    for place in ["/proc/policy", "/proc/no/such/policy", file, file + "/policy"] {
      let error = #expect(throws: LossmithError.self, "\(place)") {
        try OutputFolder(place, replacing: true)
      }
      #expect(error?.code == .usage && error?.underlying == nil, "\(place)")
    }
    #expect(throws: Never.self) {
      try OutputFolder(folder.url.path + "/deep/policy", replacing: false)
    }
    #expect(try names(folder) == ["rows.jsonl"])
  }
}
