import Foundation
import Host
import Losses
import Policy

/// Facts of the machine that numbers depend on, recorded with every result.
public enum MachineFacts {
  /// Those of this process, a worker, and the layers that a plug-in's cell reaches.
  ///
  /// - Throws: `LossFailure`: `hostFault` where a cell cannot have all that it must have.
  public static func current(
    isolation: Isolation, _ context: WorkerContext
  ) throws(LossFailure) -> [String: String] {
    var facts = processor()
    facts["isolation"] = isolation.rawValue
    facts["layers"] =
      isolation == .process ? try context.cellLayers().names.joined(separator: ", ") : "none"
    facts["worker_layers"] = WorkerContext.ownLayers.joined(separator: ", ")
    return facts
  }

  /// Those that the trainer's bits and speed depend on: the processor, the kernels of OpenBLAS and of
  /// our own that were chosen for it, and the threads.
  ///
  /// - Parameter threads: that a piece of work in this process shares; nil for the process's own.
  public static func processor(threads: Int? = nil) -> [String: String] {
    let blas = BLASEnvironment.current()
    return [
      "cpu": cpuName() ?? "unknown", "instruction_set": InstructionSet.current,
      "blas_core": blas.core, "blas_threads": String(threads ?? blas.threads),
      "openblas": blas.version, "kernel": kernelRelease(),
    ]
  }

  /// The model name that the kernel gives, of the first processor.
  static func cpuName() -> String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }

  private static func kernelRelease() -> String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }
}
