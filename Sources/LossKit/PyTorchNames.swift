// PyTorch's own spellings, so that what a PyTorch user writes first compiles: the lower-case
// names, and methods beside functions. Meanings, shapes and gradients are those of the functions
// they call.

@export(interface)
public func logsigmoid(_ x: Vector, line: UInt32 = #line) -> Vector { logSigmoid(x, line: line) }
@export(interface)
public func logsumexp(_ x: Vector, line: UInt32 = #line) -> Vector { logSumExp(x, line: line) }
@export(interface)
public func cumsum(_ x: Vector, line: UInt32 = #line) -> Vector { cumulativeSum(x, line: line) }
@export(interface)
public func std(_ x: Vector, line: UInt32 = #line) -> Vector { standardDeviation(x, line: line) }
@export(interface)
public func cat(_ vectors: [Vector], line: UInt32 = #line) -> Vector {
  concatenate(vectors, line: line)
}

extension Vector {
  @export(interface)
  public func mean(line: UInt32 = #line) -> Vector { LossKit.mean(self, line: line) }
  @export(interface)
  public func sum(line: UInt32 = #line) -> Vector { LossKit.sum(self, line: line) }
  @export(interface)
  public func min(line: UInt32 = #line) -> Vector { LossKit.min(self, line: line) }
  @export(interface)
  public func max(line: UInt32 = #line) -> Vector { LossKit.max(self, line: line) }
  @export(interface)
  public func variance(line: UInt32 = #line) -> Vector { LossKit.variance(self, line: line) }
  @export(interface)
  public func std(line: UInt32 = #line) -> Vector { standardDeviation(self, line: line) }
  @export(interface)
  public func quantile(_ q: Double, line: UInt32 = #line) -> Vector {
    LossKit.quantile(self, q, line: line)
  }
  @export(interface)
  public func sort(descending: Bool = false, line: UInt32 = #line) -> Vector {
    LossKit.sort(self, descending: descending, line: line)
  }
  @export(interface)
  public func cumsum(line: UInt32 = #line) -> Vector { cumulativeSum(self, line: line) }
  @export(interface)
  public func detach(line: UInt32 = #line) -> Vector { LossKit.detach(self, line: line) }

  @export(interface)
  public func exp(line: UInt32 = #line) -> Vector { LossKit.exp(self, line: line) }
  @export(interface)
  public func log(line: UInt32 = #line) -> Vector { LossKit.log(self, line: line) }
  @export(interface)
  public func sqrt(line: UInt32 = #line) -> Vector { LossKit.sqrt(self, line: line) }
  @export(interface)
  public func square(line: UInt32 = #line) -> Vector { LossKit.square(self, line: line) }
  @export(interface)
  public func pow(_ exponent: Double, line: UInt32 = #line) -> Vector {
    LossKit.pow(self, exponent, line: line)
  }
  @export(interface)
  public func abs(line: UInt32 = #line) -> Vector { LossKit.abs(self, line: line) }
  @export(interface)
  public func sigmoid(line: UInt32 = #line) -> Vector { LossKit.sigmoid(self, line: line) }
  @export(interface)
  public func tanh(line: UInt32 = #line) -> Vector { LossKit.tanh(self, line: line) }
  @export(interface)
  public func relu(line: UInt32 = #line) -> Vector { LossKit.relu(self, line: line) }
  @export(interface)
  public func clamp(
    min: Double = -.infinity, max: Double = .infinity, line: UInt32 = #line
  ) -> Vector {
    LossKit.clamp(self, min: min, max: max, line: line)
  }
  /// The vector itself: comparisons are numbers already.
  @export(interface)
  public func float() -> Vector { self }
}
