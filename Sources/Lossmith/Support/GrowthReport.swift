import Discovery
import Foundation
import Policy

/// What `lossmith bench growth` prints: text, JSON and CSV of the same numbers.
struct GrowthReport: Encodable {
  /// A search that is to be paid for.
  struct Search: Encodable {
    var losses: Int
    var seeds: Int
    /// Of one training.
    var steps: Int
    /// That it may take.
    var hours: Double

    var trainingSteps: Double { Double(losses) * Double(seeds) * Double(steps) }
    /// Seconds that a step may take.
    var stepSeconds: Double { hours * 3600 / trainingSteps }
  }

  struct Row: Encodable {
    /// What was varied; the base's row stands in every group.
    var axis: StepGrowth.Axis
    var size: Int
    var sizes: StepGrowth.Sizes
    var parameters: Int
    var tokensPerStep: Int
    var stepSeconds: Double
    var stepsPerSecond: Double
    var tokensPerSecond: Double
    /// Of matrix products, in 10⁹ a second.
    var gigaflops: Double
    var shareOfCeiling: Double
    /// Resident memory of the process, in MB (10⁶ bytes).
    var peakMB: Double
    /// Of the search, one training at a time.
    var searchHours: Double
  }

  struct Growth: Encodable {
    var axis: StepGrowth.Axis
    /// p of step time = size^p, by least squares on logarithms; null for a single size.
    var exponent: Double?
    /// Where the search takes longer than it may; null where it always or never does.
    var limit: StepGrowth.Crossing?
    /// Parameters of a model of the limit's size.
    var limitParameters: Int?
  }

  var base: StepGrowth.Sizes
  var search: Search
  var rows: [Row]
  var growth: [Growth]
  var environment: [String: String]

  init(
    growth study: StepGrowth, search: Search,
    measured: [StepGrowth.Sizes: TransformerBench.Result], environment: [String: String]
  ) {
    base = study.base
    self.search = search
    self.environment = environment
    rows = []
    growth = []
    for axis in StepGrowth.Axis.allCases {
      var points: [(size: Int, seconds: Double)] = []
      for size in study.values[axis] ?? [] {
        var sizes = study.base
        sizes[axis] = size
        guard let result = measured[sizes] else { continue }
        points.append((size, result.stepSeconds))
        rows.append(Row(axis, sizes, result, search))
      }
      guard !points.isEmpty else { continue }
      let limit = StepGrowth.crossing(axis, at: search.stepSeconds, points: points)
      growth.append(
        Growth(
          axis: axis, exponent: StepGrowth.exponent(points), limit: limit,
          limitParameters: limit.flatMap { Self.parameters(study.base, at: $0) }))
    }
  }

  /// Parameters where an axis is at its limit; nil for sizes that no machine holds.
  private static func parameters(_ base: StepGrowth.Sizes, at limit: StepGrowth.Crossing) -> Int? {
    guard limit.size >= 1, limit.size < 1e6 else { return nil }
    var sizes = base
    sizes[limit.axis] = Int(limit.size)
    return Int(sizes.parameters)
  }

  /// Lines for people.
  var text: String {
    var table = TextTable(columns: [
      .left("varied"), .right("size"), .right("parameters"), .right("tokens a step"),
      .right("step, ms"), .right("steps/s"), .right("tokens/s"), .right("GFLOP/s"),
      .right("of the ceiling"), .right("peak, MB"), .right("search, h"),
    ])
    for row in rows {
      table.add([
        row.axis.rawValue, String(row.size), String(row.parameters), String(row.tokensPerStep),
        Self.short(1000 * row.stepSeconds), Self.short(row.stepsPerSecond),
        Self.short(row.tokensPerSecond), Self.short(row.gigaflops),
        Self.short(100 * row.shareOfCeiling) + " %", Self.short(row.peakMB),
        Self.short(row.searchHours),
      ])
    }
    let threads = environment["blas_threads"] ?? "?"
    var lines = [
      table.text, "",
      "Base: vocabulary \(base.vocabulary), width \(base.width), depth \(base.depth),"
        + " \(base.tokens) tokens, \(base.batch) pairs;"
        + " \(threads) threads, \(environment["blas_core"] ?? "?").",
      "Search: \(search.losses) losses, \(search.seeds) seeds, \(search.steps) steps, one training"
        + " at a time. It stays within \(Self.short(search.hours)) h while a step takes at most"
        + " \(Self.short(1000 * search.stepSeconds)) ms:",
    ]
    for part in growth {
      let power = part.exponent.map { String(format: "grows as size^%.2f, ", $0) } ?? ""
      lines.append("  \(part.axis.rawValue.padded(to: 7)) \(power)\(limitText(part))")
    }
    lines.append(
      "Beyond that, take the loss to a GPU: lossmith export NAME --format pytorch.")
    return lines.joined(separator: "\n")
  }

  private func limitText(_ part: Growth) -> String {
    guard let limit = part.limit else {
      let own = rows.filter { $0.axis == part.axis }
      let isOver = own.first.map { $0.stepSeconds > search.stepSeconds } ?? false
      return isOver ? "over the limit at \(own[0].size) already" : "no limit to be told"
    }
    let size = limit.size < 1e6 ? String(Int(limit.size)) : "1000000 and more"
    let parameters = part.limitParameters.map { " (\(Self.short(Double($0) / 1e6)) M parameters)" }
    let growsModel = limit.axis == .width || limit.axis == .depth
    return "limit at \(size)" + (growsModel ? parameters ?? "" : "")
      + (limit.isExtrapolated ? ", extrapolated" : "")
  }

  /// The rows with every digit, one line each; the last line ends too.
  var csv: String {
    let head =
      "axis,size,vocabulary,width,depth,tokens,batch,parameters,tokens_per_step,step_seconds,"
      + "steps_per_second,tokens_per_second,gigaflops,share_of_ceiling,peak_mb,search_hours,"
      + "cpu,blas_core,threads"
    // The one text that is not ours.
    let cpu = (environment["cpu"] ?? "").replacing("\"", with: "'").replacing(",", with: " ")
    let machine = "\(cpu),\(environment["blas_core"] ?? ""),\(environment["blas_threads"] ?? "")"
    let lines = rows.map { row in
      "\(row.axis.rawValue),\(row.size),\(row.sizes.vocabulary),\(row.sizes.width),"
        + "\(row.sizes.depth),\(row.sizes.tokens),\(row.sizes.batch),\(row.parameters),"
        + "\(row.tokensPerStep),\(row.stepSeconds),\(row.stepsPerSecond),\(row.tokensPerSecond),"
        + "\(row.gigaflops),\(row.shareOfCeiling),\(row.peakMB),\(row.searchHours),\(machine)"
    }
    return ([head] + lines).joined(separator: "\n") + "\n"
  }

  /// Three digits that count.
  private static func short(_ value: Double) -> String {
    switch abs(value) {
    case 100...: String(Int(value.rounded()))
    case 10..<100: String(format: "%.1f", value)
    case 0.01..<10: String(format: "%.2f", value)
    case 0: "0"
    default: String(format: "%.1e", value)
    }
  }
}

extension GrowthReport.Row {
  init(
    _ axis: StepGrowth.Axis, _ sizes: StepGrowth.Sizes, _ result: TransformerBench.Result,
    _ search: GrowthReport.Search
  ) {
    let shape = sizes.shape
    self.init(
      axis: axis, size: sizes[axis], sizes: sizes, parameters: result.parameters,
      tokensPerStep: 2 * sizes.batch * sizes.tokens, stepSeconds: result.stepSeconds,
      stepsPerSecond: 1 / result.stepSeconds, tokensPerSecond: result.tokensPerSecond,
      gigaflops: shape.operations / result.stepSeconds / 1e9,
      shareOfCeiling: result.shareOfCeiling, peakMB: Double(result.peakBytes) / 1e6,
      searchHours: search.trainingSteps * result.stepSeconds / 3600)
  }
}
