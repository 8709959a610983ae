import Foundation
import Host
import Losses
import Policy

/// Where a plug-in's code runs.
public enum Isolation: String, Codable, Sendable, CaseIterable {
  /// In a cell of its own (the default; forced for generated code).
  case process
  /// In the worker itself: for drop-ins that the user trusts.
  case inline
}

/// A plug-in as a worker is told of it.
public struct PluginSpec: Codable, Sendable, Hashable {
  public var name: String
  /// Path of a content-addressed shared library.
  public var library: String
  public var isolation: Isolation

  public init(name: String, library: String, isolation: Isolation) {
    self.name = name
    self.library = library
    self.isolation = isolation
  }
}

/// What a worker can be asked for. The raw value is the job's name on the control channel.
public enum JobKind: String, Sendable {
  case facts, describe, call, check, evaluate, train, sample, sft, probe
}

/// Facts of the machine and of a task as a worker sees them: the supervisor's own OpenBLAS may have
/// chosen other kernels, and so other bits. The supervisor builds no task itself.
public struct FactsJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var environment: [String: String]
    /// Of the task that was asked for; nil when none was.
    public var task: TaskFacts?
  }
  public var isolation: Isolation
  public var task: String?
  /// Replaces the task's η; nil keeps it.
  public var metric: String?
  /// Where fitted references are kept.
  public var cache: String
}

/// What is to be known of a task without building it.
public struct TaskFacts: Codable, Sendable, Hashable {
  public var name: String
  public var digest: String
  public var referenceHash: String
  /// The reference's own η, where the task knows it.
  public var referenceEta: Double
  public var metric: String
  public var summary: String
  public var metricDescription: String
  /// The recipe's β.
  public var beta: Double
  /// The KL up to which a frontier of the task is measured; nil for a task without one.
  public var klCap: Double?
  /// β of its grid, and the learning rates that continue it; nil for a task without a frontier.
  public var betas: [Double]?
  public var rates: [Double]?
  /// Whether its policy is a language model, which a folder can hold.
  public var isLanguageModel: Bool
  /// What became of the rows of its data file; nil without one.
  public var data: PreferenceReport?
}

/// Answers: the descriptor, or why there is none.
public struct DescribeJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var finding: Finding
    public var descriptor: DescriptorDocument?

    public init(finding: Finding, descriptor: DescriptorDocument?) {
      self.finding = finding
      self.descriptor = descriptor
    }
  }
  public var plugin: PluginSpec
}

/// Fingerprints of several plug-ins, each in a cell of its own.
public struct ProbeJob: Codable, Sendable {
  public struct Reply: Codable, Sendable { public var losses: [JournalEvent.Probed] }
  public var plugins: [PluginSpec]
  public var tunables: [String: Double]
}

/// Values and gradients of one batch.
public struct CallJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var finding: Finding
    public var loss: [Double]
    public var gradients: [String: [Double]]
    /// Parameters of the document that the loss does not declare.
    public var ignored: [String]
  }
  public var plugin: PluginSpec
  /// The text of a batch document.
  public var document: Data
  /// How errors name the document.
  public var source: String
}

/// The unit tests of a loss.
public struct CheckJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var descriptor: DescriptorDocument?
    public var report: CheckReport

    public init(descriptor: DescriptorDocument?, report: CheckReport) {
      self.descriptor = descriptor
      self.report = report
    }
  }
  public var plugin: PluginSpec
  public var tunables: [String: Double]
}

/// Checks, then training on every seed.
public struct EvaluateJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var record: EvaluationRecord
    /// The reference with the noise of the same seeds; empty for a plug-in that failed.
    public var reference: [SeedOutcome]
    public var environment: [String: String]
    /// The seed whose training failed; nil where none began or none failed.
    public var failedSeed: UInt64?
  }
  /// What the worker tells while it works.
  public struct Progress: Codable, Sendable {
    /// `check`, `train`.
    public var stage: String
    /// The check's name; seed i of n.
    public var detail: String
    /// 0 to 1 over the whole job.
    public var fraction: Double
  }
  public var plugin: PluginSpec
  public var task: String
  /// Replaces the task's η; nil keeps it.
  public var metric: String?
  public var tunables: [String: Double]
  public var seeds: [UInt64]
  /// Where fitted references are kept.
  public var cache: String
  /// Train a loss that failed its checks (inline only).
  public var unchecked: Bool
  /// Of metric `frontier`, see `FrontierTask.continued(atRates:)`.
  public var rates: [Double] = []
  /// Whether the metrics on untold prompts are measured, where the task has such prompts.
  public var measuresUntold = false
}
