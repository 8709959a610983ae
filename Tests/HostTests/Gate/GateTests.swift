import Foundation
import Losses
import Testing

@testable import Host

@Suite struct GateTests {
  func rules(
    _ source: String, flags: [String] = GateFixtures.clean, adding extra: [String] = [],
    linked: [String] = [], as strictness: Gate.Strictness = .generated
  ) throws -> Set<GateReport.Rule> {
    let library = try GateFixtures.library(source, flags: flags, adding: extra, linked: linked)
    let report = try Gate.inspect(library, name: source, strictness: strictness)
    return Set(report.problems.map(\.rule))
  }

  @Test("a library of arithmetic passes and shows what it needs")
  func benign() throws {
    let library = try GateFixtures.library("benign.c")
    let report = try Gate.inspect(library, name: "benign.c", strictness: .generated)
    #expect(report.problems.isEmpty)
    #expect(report.finding == nil)
    #expect(report.imports == ["exp", "log1p"])
    #expect(report.exports == ["loss_describe_v1", "loss_kernel_v1"])
    #expect(Set(report.needed).isSubset(of: ["libc.so.6", "libm.so.6"]))
  }

  @Test("a library that a person linked in the usual way passes")
  func usualLink() throws {
    #expect(try rules("benign.c", flags: ["-shared", "-fPIC", "-O2"], as: .trusted) == [])
  }

  @Test("code that runs when the library is loaded is a constructor")
  func constructor() throws {
    #expect(try rules("constructor.c") == [.constructor])
    let usual = ["-shared", "-fPIC", "-O2"]
    #expect(try rules("constructor.c", flags: usual, as: .trusted) == [.constructor])
  }

  @Test("an initialization function of the linker is a constructor")
  func initFunction() throws {
    #expect(try rules("benign.c", adding: ["-Wl,-init,loss_describe_v1"]) == [.constructor])
  }

  @Test("code that runs when the library is unloaded is a destructor")
  func destructor() throws {
    #expect(try rules("destructor.c") == [.destructor])
  }

  @Test("a forbidden function is named, with the verdict and a remedy")
  func forbiddenImport() throws {
    let library = try GateFixtures.library("system.c")
    let report = try Gate.inspect(library, name: "system.c", strictness: .generated)
    #expect(report.problems.map(\.subject) == ["system"])
    let finding = try #require(report.finding)
    #expect(finding.verdict == .rejected(.gate))
    #expect(finding.message.contains("system"))
    #expect(!finding.remedy.isEmpty)
  }

  @Test("a library beyond libc and libm is named")
  func extraLibrary() throws {
    let extra = ["-Wl,--no-as-needed"]
    let library = try GateFixtures.library("benign.c", adding: extra, linked: ["-lresolv"])
    let report = try Gate.inspect(library, name: "benign.c", strictness: .generated)
    #expect(report.problems.map(\.rule) == [.neededLibrary])
    #expect(report.problems.first?.subject.hasPrefix("libresolv.so") == true)
  }

  @Test("both kinds of search path are refused", arguments: ["enable", "disable"])
  func searchPath(tags: String) throws {
    let extra = ["-Wl,-rpath,/nowhere", "-Wl,--\(tags)-new-dtags"]
    #expect(try rules("benign.c", adding: extra) == [.searchPath])
  }

  @Test("an executable stack is refused")
  func executableStack() throws {
    #expect(try rules("benign.c", adding: ["-Wl,-z,execstack"]) == [.executableStack])
  }

  @Test("a function chosen at load time is refused")
  func indirectFunction() throws {
    #expect(try rules("ifunc.c") == [.indirectFunction])
  }

  @Test("code that the loader would have to write is refused")
  func textRelocation() throws {
    #expect(try rules("textrel.c", adding: ["-Wl,-z,notext"]) == [.textRelocation])
  }

  @Test("such code is found even where the library does not own up to it")
  func undeclaredTextRelocation() throws {
    var library = try GateFixtures.library("textrel.c", adding: ["-Wl,-z,notext"])
    let dynamic = try #require(
      ELFFile([UInt8](library)).segments.first { $0.type == 2 })
    for entry in stride(
      from: Int(dynamic.offset), to: Int(dynamic.offset + dynamic.fileSize), by: 16)
    {
      // DT_TEXTREL becomes DT_DEBUG, and DF_TEXTREL leaves DT_FLAGS.
      if library[entry] == 22, library[entry + 1] == 0 { library[entry] = 21 }
      if library[entry] == 30, library[entry + 1] == 0 { library[entry + 8] &= ~4 }
    }
    let file = try ELFFile([UInt8](library))
    #expect(file.value(of: 22) == nil)
    #expect((file.value(of: 30) ?? 0) & 4 == 0)
    let report = try Gate.inspect(library, name: "textrel.c", strictness: .generated)
    #expect(report.problems.map(\.rule) == [.textRelocation])
  }

  @Test("memory both writable and executable is refused")
  func writableCode() throws {
    var library = try GateFixtures.library("benign.c")
    let file = try ELFFile([UInt8](library))
    let code = try #require(file.segments.firstIndex { $0.type == 1 && $0.isExecutable })
    // The flags are the second word of a program header; the table follows the file's header.
    library[64 + code * 56 + 4] |= 2
    let report = try Gate.inspect(library, name: "benign.c", strictness: .generated)
    #expect(report.problems.map(\.rule) == [.writableCode])
  }

  @Test("a program interpreter is refused")
  func interpreter() throws {
    let extra = ["-Wl,-dynamic-linker,/lib/loader"]
    let flags = GateFixtures.clean.map { $0 == "-shared" ? "-pie" : $0 } + ["-Wl,-E"]
    #expect(try rules("benign.c", flags: flags, adding: extra) == [.interpreter])
  }

  @Test("an audit library is refused")
  func audit() throws {
    #expect(try rules("benign.c", adding: ["-Wl,--audit=spy.so"]) == [.loaderDirective])
  }

  @Test(
    "a library without the two functions is no plug-in",
    arguments: ["no_kernel.c", "data_kernel.c", "hidden.c"])
  func noPlugin(source: String) throws {
    let library = try GateFixtures.library(source)
    let error = #expect(throws: LossmithError.self) {
      try Gate.inspect(library, name: source, strictness: .trusted)
    }
    #expect(error?.code == .notAPlugin)
    #expect(error?.message.contains("loss_kernel_v1") == true)
    #expect(error?.remedy != nil)
  }

  @Test("a library for another processor is no plug-in")
  func otherProcessor() throws {
    var library = try GateFixtures.library("benign.c")
    library[18] = 243
    let error = #expect(throws: LossmithError.self) {
      try Gate.inspect(library, name: "x.so", strictness: .trusted)
    }
    #expect(error?.code == .notAPlugin)
    #expect(error?.message.contains("processor") == true)
  }
}
