import Losses

/// The batches around one batch whose values tell the slopes of a loss there.
///
/// Point 0 is the batch itself. Each *line* adds four points: a step of +h, −h, +h/2 and −h/2
/// along it. A line moves one element of a gradient's column, or all elements at once by uneven
/// amounts. A point is made when it is asked for, so that they can be asked for in any order: a loss
/// that remembers the batch must not be able to tell its neighbours by when they come.
struct GradientProbes {
  /// An element and how far it goes with a step of 1.
  struct Move {
    var column: LossColumn
    var element: Int
    var weight: Double
  }

  struct Line {
    var moves: [Move]
    /// Whether all elements move at once.
    var isDirection: Bool
  }

  static let step = 1e-3
  /// Steps of a line's four points, in units of ``step``.
  static let offsets = [1, -1, 0.5, -0.5]

  let batch: LossBatch
  private(set) var lines: [Line] = []

  /// - Parameters:
  ///   - columns: the columns that have a gradient.
  ///   - rows: the rows whose elements are moved, one at a time.
  ///   - directions: how many lines move all elements, by amounts drawn from `random`.
  init(
    _ batch: LossBatch, columns: [LossColumn], rows: [Int], directions: Int = 1,
    random: inout RandomStream
  ) {
    self.batch = batch
    for column in columns.sorted() {
      for element in rows.flatMap({ batch.range(of: $0, in: column) }) {
        lines.append(
          Line(
            moves: [Move(column: column, element: element, weight: 1)], isDirection: false))
      }
    }
    for _ in 0..<directions {
      var moves: [Move] = []
      for column in columns.sorted() {
        for element in 0..<batch.elements(of: column) {
          moves.append(Move(column: column, element: element, weight: random.uniform(-1, 1)))
        }
      }
      lines.append(Line(moves: moves, isDirection: true))
    }
  }

  var count: Int { 1 + Self.offsets.count * lines.count }

  /// The batch at one point.
  func point(_ index: Int) -> LossBatch {
    guard index > 0 else { return batch }
    let (line, offset) = (index - 1).quotientAndRemainder(dividingBy: Self.offsets.count)
    var moved = batch
    for move in lines[line].moves {
      moved.columns[move.column]?[move.element] += Self.step * Self.offsets[offset] * move.weight
    }
    return moved
  }

  /// The steps that a line's points really take, after rounding.
  func steps(of line: Int) -> [Double] {
    let moves = lines[line].moves
    return Self.offsets.map { offset in
      let step = Self.step * offset
      guard moves.count == 1, let move = moves.first,
        let place = batch.columns[move.column]?[move.element]
      else { return step }
      return (place + step) - place
    }
  }

  /// The rows whose elements a line moves.
  func rows(of line: Int) -> Set<Int> {
    Set(lines[line].moves.map { $0.element / (batch.elements(of: $0.column) / batch.rows) })
  }

  /// The largest number that a line moves: what bounds the rounding of its points.
  func origin(of line: Int) -> Double {
    lines[line].moves.reduce(0) {
      max($0, abs(batch.columns[$1.column]?[$1.element] ?? 0))
    }
  }

  /// Where a line's values begin among the points.
  func firstPoint(of line: Int) -> Int { 1 + Self.offsets.count * line }
}
