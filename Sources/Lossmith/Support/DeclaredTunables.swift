import Discovery
import Host
import Losses

/// Names of tunables that a user gave, against those that the named losses have.
enum DeclaredTunables {
  /// Refuses a name that no loss declares, and notes one that only some declare.
  ///
  /// A loss that cannot be opened declares nothing; why it cannot is told elsewhere. β is a flag of
  /// its own, which losses without one may ignore.
  ///
  /// - Parameter values: are refused where a loss does not allow them.
  /// - Throws: `LossmithError(.usage)` naming the nearest tunable, or the range.
  static func require(
    _ names: some Sequence<String>, allowing values: [String: Double] = [:],
    in plugins: [PluginSpec], _ console: Console
  ) throws {
    let asked = Set(names).subtracting(["beta"]).sorted()
    guard !asked.isEmpty || !values.isEmpty, !plugins.isEmpty else { return }
    let described: PluginJobs.DescribeAll.Reply = try PluginJobs.run(
      .describeAll, PluginJobs.DescribeAll(plugins: plugins), reading: plugins)
    let opened = zip(plugins, described.replies).compactMap { spec, reply in
      reply.descriptor.map { (name: spec.name, tunables: $0.tunables.map(\.name)) }
    }
    for (spec, reply) in zip(plugins, described.replies) {
      try reply.descriptor?.requireValid(values, of: spec.name)
    }
    guard !opened.isEmpty else { return }
    for name in asked {
      let without = opened.filter { !$0.tunables.contains(name) }.map(\.name)
      if without.count == opened.count {
        throw unknown(name, of: opened.map(\.name), declared: opened.flatMap(\.tunables))
      }
      for loss in without { console.note("note: \(loss) does not declare \(name); it is ignored") }
    }
  }

  private static func unknown(
    _ name: String, of losses: [String], declared: [String]
  ) -> LossmithError {
    let known = Set(declared).sorted()
    let nearest = EditDistance.nearest(to: name, among: known)
    return LossmithError(
      .usage,
      losses.count == 1
        ? "\(losses[0]) has no tunable \"\(name)\""
        : "none of these losses has a tunable \"\(name)\"",
      at: "--set",
      remedy: (nearest.map { "Did you mean \($0)? " } ?? "")
        + "Tunables: \(known.joined(separator: ", ")).")
  }
}
