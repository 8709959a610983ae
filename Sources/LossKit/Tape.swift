/// What an entry of the tape is, as far as the backward sweep must tell.
enum Operation: UInt8, BitwiseCopyable {
  /// An input or a constant: nothing behind it.
  case leaf
  /// ρ of the four core columns; `a` is the chosen and `b` the rejected column of the policy.
  case margin
  /// `factor`·a + constant.
  case affine
  /// a / `factor`.
  case divideByScalar
  case add, subtract, multiply, divide
  /// Element by element; `slopes` holds dy/da.
  case elementwise
  /// Element by element; `slopes` holds dy/da of all elements, then dy/db.
  case elementwise2
  /// y[r] from row r of a, whose rows are all of a's elements shared out evenly; dy[r]/da is
  /// `factor` everywhere in the row.
  case uniformReduction
  /// y[r] from row r of a; `slopes` holds dy[r]/da.
  case reduction
  /// y[i] = a[slopes[i]]; 0 where that is negative.
  case gather
  /// a, then b.
  case concatenate
  /// Running sums of each row of `columns`, or of all elements.
  case cumulativeSum
  /// Softmax of each row of `factor` elements; 0 where masked.
  case softmax
  /// Log-softmax of each row of `factor` elements; `slopes` holds the softmax, −1 where masked.
  case logSoftmax
  /// Running log-sum-exp of each row of `factor` elements; ``logCumulativeSumExp`` says what
  /// `slopes` holds.
  case logCumulativeSumExp
  /// ``sinkhorn`` scaling; `slopes` holds the scaling vectors.
  case sinkhorn
}

/// One entry of the tape: an array of values and how it came about.
struct Node: BitwiseCopyable {
  var operation: Operation
  /// Whether an input that wants a gradient is behind this entry.
  var needsGradient: Bool
  /// Whether the backward sweep has written adjoints of this entry.
  var isReached = false
  /// Line of the author's source; 0 when unknown.
  var line: UInt32
  /// The number of elements.
  var size: Int32
  /// The length of a row; 0 for a vector, whose shape is [size].
  var columns: Int32
  var a: Int32
  var b: Int32
  /// Where the values start in `Tape.values`, and the adjoints in `Tape.adjoints`.
  var values: Int
  /// Where the slopes start in `Tape.slopes`.
  var slopes = 0
  var factor = 0.0

  var count: Int { Int(size) }
}

/// The record of one loss call: values of every intermediate result, computed at once, and what
/// the backward sweep needs.
///
/// A plug-in has one tape and one thread. The tape is reset at the start of each call and keeps
/// nothing but its memory. The first error of a call is kept; from then on every operation gives
/// ``Vector/failed``, so that a mistake ends as a status and never as a trap.
struct Tape {
  /// Doubles in each of the three arrays: 64 MB each at most. A loss of 100 operations on 4096
  /// rows takes a twentieth of that.
  static let valueLimit = 8 << 20
  static let nodeLimit = 1 << 18

  var nodes = Buffer<Node>()
  var values = Buffer<Double>()
  var slopes = Buffer<Double>()
  var adjoints = Buffer<Double>()
  /// Room for the work of a single operation.
  var scratch = Buffer<Double>()
  /// Number of the current call, so that a vector kept from an earlier call is recognised.
  var epoch: UInt32 = 0
  /// LOSS_OK or the first error.
  var status: Int32 = 0
  /// The entry of ρ once it has been asked for; else -1.
  var marginNode: Int32 = -1

  init() {}

  /// Starts a call. Entry 0 is the zero that stands for failed results.
  mutating func begin() {
    nodes.reset()
    values.reset()
    slopes.reset()
    adjoints.reset()
    epoch &+= 1
    status = 0
    marginNode = -1
    guard let zero = append(.leaf, count: 1, needsGradient: false, line: 0) else { return }
    pointer(zero)[0] = 0
  }

  /// Notes an error unless there was one before.
  mutating func fail(_ status: Status, line: UInt32) {
    if self.status == 0 { self.status = status.code(line: line) }
  }

  /// Appends an entry with room for its values and slopes.
  ///
  /// - Returns: the entry; nil, with the status noted, when the memory limit is reached.
  @inline(__always)
  mutating func append(
    _ operation: Operation, count: Int, columns: Int32 = 0, a: Int32 = 0, b: Int32 = 0,
    needsGradient: Bool, slopes slopeCount: Int = 0, factor: Double = 0, line: UInt32
  ) -> Int32? {
    guard let first = values.extend(by: count, limit: Self.valueLimit),
      let firstSlope = slopes.extend(by: slopeCount, limit: Self.valueLimit),
      let index = nodes.extend(by: 1, limit: Self.nodeLimit)
    else {
      fail(.memory, line: line)
      return nil
    }
    nodes.base.unsafelyUnwrapped[index] = Node(
      operation: operation, needsGradient: needsGradient, line: line,
      size: Int32(truncatingIfNeeded: count), columns: columns, a: a, b: b,
      values: first, slopes: firstSlope, factor: factor)
    return Int32(truncatingIfNeeded: index)
  }

  /// The entry at an index that `append` gave in this call.
  @inline(__always)
  func node(_ index: Int32) -> Node { nodes.base.unsafelyUnwrapped[Int(index)] }

  /// The values of an entry; good until the next `append`.
  @inline(__always)
  func pointer(_ index: Int32) -> UnsafeMutablePointer<Double> {
    values.base.unsafelyUnwrapped + node(index).values
  }

  /// The slopes of an entry; good until the next `append`. Only for an entry that has some.
  @inline(__always)
  func slopePointer(_ index: Int32) -> UnsafeMutablePointer<Double> {
    slopes.base.unsafelyUnwrapped + node(index).slopes
  }

  /// The adjoints of an entry, after ``prepareAdjoints(line:)``.
  @inline(__always)
  func adjointPointer(_ index: Int32) -> UnsafeMutablePointer<Double> {
    adjoints.base.unsafelyUnwrapped + node(index).values
  }

  /// Room for `count` doubles, unset, good until the next call of this function.
  ///
  /// - Returns: nil, with the status noted, when there is no memory.
  mutating func workspace(_ count: Int, line: UInt32) -> UnsafeMutablePointer<Double>? {
    scratch.reset()
    guard scratch.extend(by: max(count, 1), limit: Self.valueLimit) != nil,
      let base = scratch.base
    else {
      fail(.memory, line: line)
      return nil
    }
    return base
  }

  /// Makes and clears an adjoint for each value.
  ///
  /// - Returns: false, with the status noted, when there is no memory.
  mutating func prepareAdjoints(line: UInt32) -> Bool {
    adjoints.reset()
    guard adjoints.extend(by: values.count, limit: Self.valueLimit) != nil else {
      fail(.memory, line: line)
      return false
    }
    adjoints.base.unsafelyUnwrapped.update(repeating: 0, count: values.count)
    return true
  }
}

/// The tape of this plug-in. Single-threaded, as the ABI promises.
nonisolated(unsafe) var tape = Tape()
