import CKernelCall
import Losses

/// The layers between a plug-in and the machine, as its cell reported them.
///
/// A cell always has the floor; without one of its layers it does not start. The rest depends on the
/// system and is recorded with every result.
public struct CellLayers: Hashable, Sendable, Codable {
  /// Of `user`, `mnt`, `pid`, `net`, `ipc`, `uts` and `cgroup` those that are not the supervisor's.
  public var namespaces: [String]
  /// The version of Landlock's interface; 0: none.
  public var landlock: Int
  /// Whether denied system calls are told by name.
  public var namesCalls: Bool
  /// Whether reading the processor's clock is a crash.
  public var hasNoClock: Bool

  public static let floor = [
    "fresh exec", "empty environment", "closed descriptors", "no_new_privs", "no capabilities",
    "not dumpable", "dies with its parent", "rlimits", "seccomp in two stages", "sealed regions",
    "outside deadline",
  ]

  init(report: cellwire_report) {
    namespaces = CellWrapper.namespaces.enumerated().filter {
      report.layers & (UInt32(CELLWIRE_FIRST_NAMESPACE) << UInt32($0.offset)) != 0
    }.map(\.element)
    landlock = Int(report.landlock)
    namesCalls = report.layers & UInt32(CELLWIRE_NAMES_CALLS) != 0
    hasNoClock = report.layers & UInt32(CELLWIRE_NO_CLOCK) != 0
  }

  /// Every layer reached, in words.
  public var names: [String] {
    var names = Self.floor
    if namesCalls { names.append("calls by name") }
    if landlock > 0 { names.append("landlock \(landlock)") }
    if !namespaces.isEmpty {
      names.append("namespaces (\(namespaces.joined(separator: " ")))")
    }
    if hasNoClock { names.append("no clock") }
    return names
  }

  /// What is missing above the floor, each with the way to get it.
  public var advice: [String] {
    var advice: [String] = []
    if namespaces.count < 6 {
      advice.append(
        "no namespaces: install bubblewrap (apt-get install bubblewrap) and allow user namespaces "
          + "(sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu; in Docker, "
          + "--security-opt seccomp=unconfined)")
    }
    if landlock == 0 {
      advice.append("no Landlock: use Linux 5.13 or later with landlock among its lsm= modules")
    }
    if !namesCalls { advice.append("denied calls have no name: use Linux 5.5 or later") }
    return advice
  }

  /// The layers that a cell of this source has: starts one, with no plug-in.
  ///
  /// - Throws: ``LossFailure``: `hostFault` below the floor, saying why and what to install.
  public static func probe(
    _ cells: any CellSource, limits: CellLimits = CellLimits()
  ) throws(LossFailure) -> CellLayers {
    let connection: CellConnection
    do throws(LossmithError) {
      let regions = try CellRegions(inputCapacity: 4096, outputCapacity: 4096)
      regions.request.pointee.operation = UInt32(CELLWIRE_DESCRIBE)
      connection = try CellConnection(
        plugin: try OwnedDescriptor.memoryFile("loss-nothing"), regions: regions, limits: limits,
        cells: cells)
    } catch {
      throw LossFailure(error)
    }
    // An empty file is no library: the cell says so, from inside all of its layers.
    _ = try connection.exchange()
    guard let layers = try connection.layersReached() else {
      throw LossFailure(.hostFault(cause: "a cell did not report its layers"))
    }
    return layers
  }
}

extension LossFailure {
  /// A cell that did not reach the floor: nothing is run, and the user learns what is missing.
  static func belowFloor(step: String, error: Int32) -> LossFailure {
    let remedy =
      switch step {
      case "system-call filter":
        "Use a kernel with seccomp filters (CONFIG_SECCOMP_FILTER) and, in a container, a profile that "
          + "allows seccomp(2); install libseccomp 2.5 or later."
      case "descriptors": "Use Linux 5.9 or later, which has close_range(2)."
      case "resource limits": "Raise the hard limits of this shell (ulimit -Ha), and mount /proc."
      case "Landlock": "Use a kernel whose Landlock works, or boot it without landlock in lsm=."
      case "pidfd": "Use Linux 5.3 or later, which has pidfd_open(2)."
      default: "Run lossmith doctor on a plain Linux 5.9 or later to compare."
      }
    return LossFailure(
      .hostFault(cause: "the sandbox is below its floor: \(step)"),
      "no plug-in is run here, because a cell cannot have one of the layers that it must have "
        + "(\(step): \(Errno.text(error)))", remedy: remedy)
  }
}
