// PyTorch's own spellings, so that what a PyTorch user writes first compiles: the lower-case
// names, and methods beside functions. Meanings, shapes and gradients are those of the functions
// they call.

@export(interface)
public func logsigmoid(_ x: Vector, line: UInt32 = #line) -> Vector { logSigmoid(x, line: line) }
@export(interface)
public func logsumexp(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, line: UInt32 = #line
) -> Vector {
  logSumExp(x, dim: dim, keepdim: keepdim, line: line)
}
@export(interface)
public func cumsum(_ x: Vector, dim: Int = -1, line: UInt32 = #line) -> Vector {
  cumulativeSum(x, dim: dim, line: line)
}
@export(interface)
public func std(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, line: UInt32 = #line
) -> Vector {
  standardDeviation(x, dim: dim, keepdim: keepdim, line: line)
}
@export(interface)
public func cat(_ vectors: [Vector], dim: Int = 0, line: UInt32 = #line) -> Vector {
  concatenate(vectors, dim: dim, line: line)
}

@export(interface)
public func ndtr(_ x: Vector, line: UInt32 = #line) -> Vector { normalCDF(x, line: line) }
@export(interface)
public func logaddexp(_ a: Vector, _ b: Vector, line: UInt32 = #line) -> Vector {
  logAddExp(a, b, line: line)
}

extension Vector {
  @export(interface)
  public func mean(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.mean(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func sum(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.sum(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func min(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.min(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func max(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.max(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func logsumexp(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.logSumExp(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func variance(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.variance(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func std(
    dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
  ) -> Vector {
    LossKit.standardDeviation(self, dim: dim, keepdim: keepdim, mask: mask, line: line)
  }
  @export(interface)
  public func quantile(
    _ q: Double, dim: Int? = nil, keepdim: Bool = false, line: UInt32 = #line
  ) -> Vector {
    LossKit.quantile(self, q, dim: dim, keepdim: keepdim, line: line)
  }
  @export(interface)
  public func sort(descending: Bool = false, dim: Int = -1, line: UInt32 = #line) -> Vector {
    LossKit.sort(self, descending: descending, dim: dim, line: line)
  }
  @export(interface)
  public func cumsum(dim: Int = -1, line: UInt32 = #line) -> Vector {
    cumulativeSum(self, dim: dim, line: line)
  }
  @export(interface)
  public func softmax(dim: Int = -1, line: UInt32 = #line) -> Vector {
    LossKit.softmax(self, dim: dim, line: line)
  }
  @export(interface)
  public func gather(_ index: Vector, line: UInt32 = #line) -> Vector {
    LossKit.gather(self, index, line: line)
  }
  @export(interface)
  public func unsqueeze(_ dim: Int, line: UInt32 = #line) -> Matrix {
    LossKit.unsqueeze(self, dim, line: line)
  }
  @export(interface)
  public func squeeze(line: UInt32 = #line) -> Vector { LossKit.squeeze(self, line: line) }
  @export(interface)
  public func flatten(line: UInt32 = #line) -> Vector { LossKit.flatten(self, line: line) }
  @export(interface)
  public func t(line: UInt32 = #line) -> Matrix { transpose(self, line: line) }
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
