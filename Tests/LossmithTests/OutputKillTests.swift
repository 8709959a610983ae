import Foundation
import Host
import Losses
import Testing

/// SIGKILL before and after every rename that touches a policy's place.
@Suite struct OutputKillTests {
  /// Loaded before the C library: counts the moments around the renames of one place, kills at one
  /// of them, and refuses exchanges if it is told to.
  private static let killer = """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static int moment;
    static void pass(void) {
      const char *last = getenv("KILL_AT");
      if (last && ++moment == atoi(last)) kill(getpid(), SIGKILL);
    }
    int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
      const char *place = getenv("KILL_PLACE");
      int own = place && (!strcmp(from, place) || !strcmp(to, place));
      if (own && flags && getenv("KILL_EXCHANGE")) { errno = EINVAL; return -1; }
      if (own) pass();
      int result = (int)syscall(SYS_renameat2, a, from, b, to, flags), reason = errno;
      if (own) pass();
      errno = reason;
      return result;
    }
    int rename(const char *from, const char *to) {
      return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
    }
    """

  /// Any C compiler: the system's, or the one that comes with Swift.
  private static func compiler() throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let candidates = ["cc", "clang"].flatMap { name in
      path.split(separator: ":").map { "\($0)/\(name)" }
    }
    return try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0) })
  }

  private static func library(_ folder: TemporaryFolder) throws -> String {
    let source = try folder.file("killer.c", killer)
    let library = folder.url.appending(path: "killer.so").path
    var command = Command(
      executable: try compiler(), arguments: ["-shared", "-fPIC", "-o", library, source])
    command.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    let built = try Launcher.shared.run(command)
    try #require(built.status == .exited(0), "\(String(decoding: built.stderr, as: UTF8.self))")
    return library
  }

  /// - Parameter moments: around every rename there are two. The first rename finds the place taken; then
  ///   there is the exchange, or two renames in its stead.
  @Test(
    "a policy that is replaced is there, the old one or the new, whenever the process is killed",
    arguments: [(true, 4), (false, 6)])
  func replaced(exchanging: Bool, moments: Int) async throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try ImportTests().files(folder)
    let library = try Self.library(folder)
    let work = folder.url.resolvingSymlinksInPath().appending(path: "work")
    let place = work.appending(path: "policy")
    func replace(_ moment: Int?, force: Bool = true) async throws -> Program.Result {
      var variables = ["LD_PRELOAD": library, "KILL_PLACE": place.path]
      variables["KILL_AT"] = moment.map(String.init)
      if !exchanging { variables["KILL_EXCHANGE"] = "no" }
      return try await Program.run(
        ["import", model.path, "--tokenizer", tokenizer.path, "--out", place.path]
          + (force ? ["--force"] : []), environment: variables)
    }
    func contents() -> [String: Data] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
      return names.reduce(into: [:]) {
        $0[$1] = FileManager.default.contents(atPath: place.appending(path: $1).path)
      }
    }
    try #require(try await replace(nil, force: false).status == 0)
    let new = contents()
    #expect(new["model.safetensors"] != nil)
    // Of the new one's names, so that a mixture would show.
    let old = new.mapValues { _ in Data("old".utf8) }
    for moment in 1...(moments + 1) {
      try? FileManager.default.removeItem(at: place)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (name, data) in old { try data.write(to: place.appending(path: name)) }
      let end = try await replace(moment)
      if moment > moments {
        // There is no such moment, so the killer was where it was to be all along.
        #expect(end.status == 0, "\(end.errors)")
        #expect(contents() == new)
      } else {
        #expect(end.status == 128 + SIGKILL, "\(moment): \(end.errors)")
        if exchanging {
          #expect(contents() == (moment < moments ? old : new), "\(moment)")
        }
        // The next command for this place sees the one or the other, and refuses to replace it unasked.
        let refused = try await replace(nil, force: false)
        #expect(refused.status == 2 && refused.errors.contains("policy already"), "\(moment)")
        #expect(contents() == (moment < moments ? old : new), "\(moment)")
        #expect(try await replace(nil).status == 0)
        #expect(contents() == new, "\(moment)")
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: work.path) == ["policy"], "\(moment)")
    }
  }
}
