import CKernelCall
import Foundation
import Losses

/// What a child may do with files; everything else it may not, nor may its own children.
///
/// Enforced with Landlock from before the program's first instruction, together with a filter that
/// denies new sockets, other processes' memory and the like. On a kernel without Landlock the
/// filter stands alone; ``layers`` tells.
public struct ChildJail: Sendable {
  /// Files and folders that may be read.
  public var readable: [String]
  /// Folders below which everything may be written, made and removed; readable too.
  public var writable: [String]
  /// Programs, or folders of programs, that may be started.
  public var executable: [String]

  public init(readable: [String] = [], writable: [String] = [], executable: [String] = []) {
    self.readable = readable
    self.writable = writable
    self.executable = executable
  }

  /// What any program needs of the system to run: libraries, time zones, facts of the machine.
  static let system = ChildJail(
    readable: [
      "/usr", "/bin", "/lib", "/lib64", "/opt/swift", "/etc/ld.so.cache", "/etc/alternatives",
      "/etc/localtime", "/proc", "/sys/devices/system", "/dev/zero", "/dev/urandom", "/dev/random",
    ])

  /// The version of Landlock's interface; 0: the kernel has none.
  public static var landlockVersion: Int { Int(confine_landlock_version()) }

  /// The layers that a child in such a jail has here.
  public static var layers: [String] {
    let always = [
      "fresh exec", "own environment", "no_new_privs", "no capabilities", "no new sockets",
    ]
    return landlockVersion > 0 ? always + ["landlock \(landlockVersion)"] : always
  }

  /// This jail with the system's files and another's rules.
  func joined(with other: ChildJail) -> ChildJail {
    ChildJail(
      readable: readable + other.readable, writable: writable + other.writable,
      executable: executable + other.executable)
  }

  /// The rules as a descriptor for `landlock_restrict_self`; nil on a kernel without Landlock.
  ///
  /// Paths that are not there are left out.
  ///
  /// - Throws: `LossmithError(.sandbox)` when the kernel refuses the rules.
  func ruleset() throws(LossmithError) -> OwnedDescriptor? {
    guard Self.landlockVersion > 0 else { return nil }
    let rules =
      readable.map { ($0, CONFINE_READ) }
      + writable.map { ($0, CONFINE_READ | CONFINE_WRITE) }
      + executable.map { ($0, CONFINE_READ | CONFINE_EXECUTE) }
      + [("/dev/null", CONFINE_READ | CONFINE_WRITE)]
    let paths = rules.map { strdup($0.0) }
    defer { for path in paths { free(path) } }
    let entries = zip(paths, rules).map { path, rule in
      confine_rule(path: path, access: UInt32(rule.1))
    }
    let number = confine_ruleset(entries, UInt32(entries.count))
    guard number >= 0 else {
      throw LossmithError(
        .sandbox, "Landlock refuses the rules of a jail: \(Errno.text(-number))",
        remedy: "This is a kernel that says it has Landlock and does not; report it, please.")
    }
    return OwnedDescriptor(number)
  }
}
