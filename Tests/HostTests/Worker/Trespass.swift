import Foundation

@testable import Host

/// What a worker's jail must deny, each tried for real.
enum Trespass {
  /// - Parameter attempt: `read PATH`, `list PATH`, `write PATH`, `run PATH`, `socket`, `signal PID`,
  ///   `memory PID`, `environment PID`.
  static func succeeds(_ attempt: String) -> Bool {
    let words = attempt.split(separator: " ", maxSplits: 1).map(String.init)
    let object = words.count > 1 ? words[1] : ""
    switch words[0] {
    case "read": return FileManager.default.contents(atPath: object) != nil
    case "list": return (try? FileManager.default.contentsOfDirectory(atPath: object)) != nil
    case "write": return FileManager.default.createFile(atPath: object, contents: Data([1]))
    case "run":
      let result = try? Launcher.shared.run(Command(executable: object, wallSeconds: 300))
      return result?.status == .exited(0)
    case "socket": return [AF_INET, AF_INET6, AF_UNIX, AF_NETLINK].contains(where: makesSocket)
    case "signal": return kill(Int32(object) ?? 0, 0) == 0
    case "memory": return open("/proc/\(object)/mem", O_RDONLY) >= 0
    case "environment":
      return FileManager.default.contents(atPath: "/proc/\(object)/environ") != nil
    default: return true
    }
  }

  private static func makesSocket(_ family: Int32) -> Bool {
    socket(family, Int32(SOCK_DGRAM.rawValue), 0) >= 0
  }
}
