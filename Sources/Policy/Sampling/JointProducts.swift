import CKernels

/// Products that the lanes of a team make together while each draws tokens for its own prompts.
///
/// The rows of one lane are few, so a lane alone would wait for the weights rather than multiply. Here each
/// thread takes a part of the columns, for the rows of all lanes: weights come from memory once for all
/// of them. A row has the same bits as in a product of its own.
final class JointProducts: @unchecked Sendable {
  /// What a lane does next.
  enum Turn {
    case prefill, step, rest
  }

  private struct Rows {
    var x: UnsafePointer<Float>
    var residual: UnsafePointer<Float>?
    var out: FloatPointer
    var count: Int
  }

  // Each thread writes its own place; barriers lie between that and the others' reading.
  private let rows: UnsafeMutablePointer<Rows?>
  private let turns: UnsafeMutablePointer<Turn>
  private let team: ThreadTeam
  private let table: ck_kernels

  /// Whether every thread gets columns enough of every product, and a processor to wait on.
  static func pays(for runner: TransformerRunner) -> Bool {
    let configuration = runner.configuration
    let narrowest = [
      configuration.width, configuration.projectedWidth, configuration.expandedWidth,
      configuration.vocabularySize,
    ].min()!
    return runner.threads > 1 && runner.threads <= Processors.usable
      && narrowest >= 2 * runner.threads * Int(CK_PANEL)
  }

  init(team: ThreadTeam, kernels: ck_kernels) {
    self.team = team
    table = kernels
    rows = .allocate(capacity: team.count)
    rows.initialize(repeating: nil, count: team.count)
    turns = .allocate(capacity: team.count)
    turns.initialize(repeating: .rest, count: team.count)
  }

  deinit {
    rows.deallocate()
    turns.deallocate()
  }

  /// Tells the others what this lane does next, and what all do. Every thread of the team calls it.
  func agree(on turn: Turn, thread: Int) -> [Turn] {
    turns[thread] = turn
    team.barrier()
    defer { team.barrier() }
    return Array(UnsafeBufferPointer(start: turns, count: team.count))
  }

  /// out = x·W + bias + residual for this lane's rows, which may be none. Every thread of the team calls
  /// it, with the same weight.
  ///
  /// - Parameters:
  ///   - panels: the weight `[k, n]`, laid out.
  ///   - residual: lies as `out` does.
  func multiply(
    _ x: UnsafePointer<Float>, panels: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    residual: UnsafePointer<Float>?, into out: FloatPointer, count: Int, k: Int, n: Int, thread: Int
  ) {
    rows[thread] = Rows(x: x, residual: residual, out: out, count: count)
    team.barrier()
    let own = team.part(thread, of: n, unit: Int(CK_PANEL))
    for start in stride(from: own.lowerBound, to: own.upperBound, by: Int(CK_PANEL)) {
      // All rows, while the panel is in the cache.
      for lane in 0..<team.count {
        guard let rows = rows[lane], rows.count > 0 else { continue }
        table.panel_multiply(
          rows.x, k, panels + start * k, bias.map { $0 + start },
          rows.residual.map { $0 + start }, rows.out + start, n, rows.count,
          min(Int(CK_PANEL), own.upperBound - start), k)
      }
    }
    team.barrier()
  }
}

/// A thread's part in ``JointProducts``.
struct ProductShare {
  var joint: JointProducts
  var thread: Int
}
