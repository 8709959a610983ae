// Parts put together, moved and taken out. Gradients go back to where the elements came from.

/// a followed by b, [m], [n] → [m + n]; the rows of a followed by those of b, [m, k], [n, k] →
/// [m + n, k]; with `dim: 1` the columns, [k, m], [k, n] → [k, m + n]. PyTorch: `torch.cat`.
@export(interface)
public func concatenate(
  _ a: Vector, _ b: Vector, dim: Int = 0, line: UInt32 = #line
) -> Vector {
  guard a.isUsable(line: line), b.isUsable(line: line),
    let axis = Axis(dim, of: a, line: line), Axis(dim, of: b, line: line) == axis
  else { return .failed }
  if axis == .rows {
    let turned = concatenate(transpose(a, line: line), transpose(b, line: line), line: line)
    return transpose(turned, line: line)
  }
  guard a.columns == b.columns else {
    tape.fail(.shape, line: line)
    return .failed
  }
  let (m, n) = (a.count, b.count)
  let needsGradient = tape.node(a.node).needsGradient || tape.node(b.node).needsGradient
  guard
    let y = tape.append(
      .concatenate, count: m + n, columns: a.columns, a: a.node, b: b.node,
      needsGradient: needsGradient, line: line)
  else { return .failed }
  let values = tape.pointer(y)
  values.update(from: tape.pointer(a.node), count: m)
  (values + m).update(from: tape.pointer(b.node), count: n)
  return Vector(node: y)
}

/// All vectors or matrices, one after the other, [m], [n], … → [m + n + …]; none at all is
/// LOSS_STATUS_ARGUMENT. PyTorch: `torch.cat`.
@export(interface)
public func concatenate(_ vectors: [Vector], dim: Int = 0, line: UInt32 = #line) -> Vector {
  guard var joined = vectors.first else {
    tape.fail(.argument, line: line)
    return .failed
  }
  for next in vectors.dropFirst() { joined = concatenate(joined, next, dim: dim, line: line) }
  return joined
}

/// The elements from last to first, [n] → [n], [m, n] → [m, n]. PyTorch: `torch.flip(x, [-1])`.
@export(interface)
public func flip(_ x: Vector, dim: Int = -1, line: UInt32 = #line) -> Vector {
  alongRows(x, dim: dim, mask: nil, line: line) { rows in
    gather(rows.x, columns: rows.x.columns, perRow: rows.length, line: line) {
      $0 + rows.length - 1 - $1
    }
  }
}

/// The elements moved up by `shift` places, those pushed out coming in at the other end; a
/// negative shift moves down; [n] → [n], [m, n] → [m, n]. PyTorch: `torch.roll(x, shift, -1)`.
@export(interface)
public func roll(_ x: Vector, _ shift: Int, dim: Int = -1, line: UInt32 = #line) -> Vector {
  alongRows(x, dim: dim, mask: nil, line: line) { rows in
    let n = rows.length
    let offset = n - ((shift % n) + n) % n
    return gather(rows.x, columns: rows.x.columns, perRow: n, line: line) {
      $0 + ($1 + offset) % n
    }
  }
}

extension Vector {
  /// Element i of a vector, [n] → [1]; row i of a matrix, [m, n] → [n]. An index that is not there
  /// is LOSS_STATUS_ARGUMENT. PyTorch: `x[i]`.
  @export(interface)
  public subscript(index: Int, line: UInt32 = #line) -> Vector {
    let range = self[index..<Swift.max(index, index &+ 1), line]
    return range.columns == 0 ? range : LossKit.flatten(range, line: line)
  }

  /// The elements of a range, [n] → [k]; the rows of a range, [m, n] → [k, n]. The range must not
  /// be empty nor reach beyond, else LOSS_STATUS_ARGUMENT. PyTorch: `x[a:b]`.
  @export(interface)
  public subscript(range: Range<Int>, line: UInt32 = #line) -> Vector {
    guard isUsable(line: line) else { return .failed }
    let unit = Swift.max(Int(columns), 1)
    guard range.lowerBound >= 0, range.upperBound <= count / unit, !range.isEmpty else {
      tape.fail(.argument, line: line)
      return .failed
    }
    let start = range.lowerBound * unit
    return LossKit.gather(self, count: range.count * unit, columns: columns, line: line) {
      start + $0
    }
  }
}
