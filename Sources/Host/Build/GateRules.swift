/// The rules of the gate, each over what the loader would see.
struct GateRules {
  typealias Problem = GateReport.Problem

  let file: ELFFile
  let strictness: Gate.Strictness

  /// `e_machine` of the machine that this program was built for.
  static var hostMachine: UInt16 {
    #if arch(x86_64)
      62
    #elseif arch(arm64)
      183
    #endif
  }

  func problems() -> [Problem] {
    libraries() + imports() + initializers() + relocations() + loaderDirectives() + segments()
  }

  private func libraries() -> [Problem] {
    file.needed.filter { !GateAllowList.libraries.contains($0) }.map {
      Problem(
        rule: .neededLibrary, subject: ELFName.shown($0),
        message: "The library needs \(ELFName.shown($0)).",
        remedy: "Use libc and libm only; a loss needs no other library.")
    }
  }

  private func imports() -> [Problem] {
    let imported = Set(file.symbols.filter(\.isImported).map(\.name))
    return imported.subtracting(GateAllowList.symbols).sorted().map {
      Problem(
        rule: .importedSymbol, subject: ELFName.shown($0),
        message: "The library calls \(ELFName.shown($0)).",
        remedy: GateAllowList.remedy(for: $0))
    }
  }

  private func initializers() -> [Problem] {
    var problems: [Problem] = []
    func add(_ rule: GateReport.Rule, _ subject: String, _ what: String) {
      problems.append(
        Problem(
          rule: rule, subject: subject, message: "The library \(what).",
          remedy: "Compute everything inside the loss; run no code when the library is loaded."))
    }
    let expected = strictness.expectedInitializers
    let initializers = (file.value(of: ELFTag.initArraySize) ?? 0) / 8
    if initializers > expected {
      add(.constructor, ".init_array", "runs \(initializers - expected) constructors when loaded")
    }
    let finalizers = (file.value(of: ELFTag.finiArraySize) ?? 0) / 8
    if finalizers > expected {
      add(.destructor, ".fini_array", "runs \(finalizers - expected) destructors when unloaded")
    }
    if (file.value(of: ELFTag.preinitArraySize) ?? 0) > 0 {
      add(.constructor, ".preinit_array", "has a .preinit_array")
    }
    if strictness == .generated {
      if (file.value(of: ELFTag.initFunction) ?? 0) != 0 {
        add(.constructor, "DT_INIT", "has an initialization function")
      }
      if (file.value(of: ELFTag.finiFunction) ?? 0) != 0 {
        add(.destructor, "DT_FINI", "has a termination function")
      }
    }
    return problems
  }

  private func relocations() -> [Problem] {
    var problems: [Problem] = []
    let indirect = file.symbols.filter { $0.kind == 10 }.map(\.name)
    let resolvers = file.relocations.filter { $0.type == Relocations.indirect }.count
    if !indirect.isEmpty || resolvers > 0 {
      let subject = indirect.first.map(ELFName.shown) ?? "IRELATIVE"
      problems.append(
        Problem(
          rule: .indirectFunction, subject: subject,
          message: "The library chooses a function at load time (\(subject)), which runs its code.",
          remedy: "Define plain functions without ifunc or target_clones."))
    }
    let intoCode = file.relocations.contains { relocation in
      file.segments.contains { segment in
        segment.type == ELFSegmentType.load && !segment.isWritable
          && relocation.address >= segment.address
          && relocation.address - segment.address < segment.memorySize
      }
    }
    let declared =
      file.value(of: ELFTag.textRelocations) != nil
      || (file.value(of: ELFTag.flags) ?? 0) & 4 != 0
    if intoCode || declared {
      problems.append(
        Problem(
          rule: .textRelocation, subject: "DT_TEXTREL",
          message: "The loader would have to write into the library's code.",
          remedy: "Compile with -fPIC."))
    }
    let unknown = Set(file.relocations.map(\.type))
      .subtracting(Relocations.plain).subtracting([Relocations.indirect])
    for type in unknown.sorted() {
      problems.append(
        Problem(
          rule: .unknownRelocation, subject: "\(type)",
          message: "The library has relocations of the unexpected kind \(type).",
          remedy: "Compile with -fPIC and link with -shared, without further linker options."))
    }
    return problems
  }

  private func loaderDirectives() -> [Problem] {
    var problems: [Problem] = []
    for (tag, name) in [(ELFTag.rpath, "DT_RPATH"), (ELFTag.runpath, "DT_RUNPATH")]
    where file.value(of: tag) != nil {
      problems.append(
        Problem(
          rule: .searchPath, subject: name,
          message: "The library tells the loader where to look for libraries (\(name)).",
          remedy: "Link without -rpath."))
    }
    for (tag, name) in [
      (ELFTag.auditing, "DT_AUDIT"), (ELFTag.dependencyAuditing, "DT_DEPAUDIT"),
      (ELFTag.auxiliary, "DT_AUXILIARY"), (ELFTag.filter, "DT_FILTER"),
    ] where file.value(of: tag) != nil {
      problems.append(
        Problem(
          rule: .loaderDirective, subject: name,
          message: "The library makes the loader load others (\(name)).",
          remedy: "Link without audit and filter options."))
    }
    return problems
  }

  private func segments() -> [Problem] {
    var problems: [Problem] = []
    let stacks = file.segments.filter { $0.type == ELFSegmentType.gnuStack }
    if stacks.isEmpty || stacks.contains(where: \.isExecutable) {
      problems.append(
        Problem(
          rule: .executableStack, subject: "PT_GNU_STACK",
          message: "The library asks for an executable stack.",
          remedy: "Link with -z noexecstack."))
    }
    let mixed = file.segments.contains {
      $0.type == ELFSegmentType.load && $0.isWritable && $0.isExecutable
    }
    if mixed {
      problems.append(
        Problem(
          rule: .writableCode, subject: "PT_LOAD",
          message: "The library has memory that is both writable and executable.",
          remedy: "Link with the linker's standard layout, without -N."))
    }
    if file.segments.contains(where: { $0.type == ELFSegmentType.interpreter }) {
      problems.append(
        Problem(
          rule: .interpreter, subject: "PT_INTERP",
          message: "The library names a program interpreter, as executables do.",
          remedy: "Link with -shared."))
    }
    return problems
  }

  /// Numbers of relocations in the processors' ABIs.
  private enum Relocations {
    #if arch(x86_64)
      static let indirect: UInt32 = 37
      /// NONE, 64, GLOB_DAT, JUMP_SLOT, RELATIVE, and DTPMOD64, DTPOFF64, TPOFF64 of
      /// thread-local variables.
      static let plain: Set<UInt32> = [0, 1, 6, 7, 8, 16, 17, 18]
    #elseif arch(arm64)
      static let indirect: UInt32 = 1032
      /// NONE, ABS64, GLOB_DAT, JUMP_SLOT, RELATIVE, TLS_DTPMOD, TLS_DTPREL, TLS_TPREL, TLSDESC.
      static let plain: Set<UInt32> = [0, 257, 1025, 1026, 1027, 1028, 1029, 1030, 1031]
    #endif
  }
}
