import CKernels
import Losses

/// Runs models of one shape: forward, backward, and what is read off the output head.
///
/// It owns threads and buffers and no parameters, so policy and reference share one. Buffers grow to
/// the largest batch seen and stay. Results repeat bit for bit at fixed threads, BLAS core, memory
/// budget and batch.
///
/// ```swift
/// let runner = TransformerRunner(parameters.configuration)
/// let logProbabilities = runner.logProbabilities(parameters, batch, willGoBackward: true)
/// let gradients = …                        // d(sum of the loss)/d(log-probability), one a row
/// runner.backward(parameters, batch, rowGradients: gradients, into: &parameterGradients)
/// ```
///
/// A runner belongs to one caller at a time.
public final class TransformerRunner {
  public let layout: TransformerLayout
  /// Threads that share the rows; as many as ``BLASEnvironment`` gives this process unless told.
  public let threads: Int
  /// Bytes that saved activations may take. Larger batches are cut, and the parts computed again in
  /// the backward pass: slower, with equal results up to the order of summation.
  public let memoryBudget: Int
  /// Whether the backward pass computes each block's forward pass again instead of saving it (gradient
  /// checkpointing: Chen et al., arXiv 1604.06174). Less memory, more time, the same bits.
  public let recomputes: Bool
  /// The most rows of a batch that are in memory at once; a prompt's rows stay together.
  public let rowLimit: Int
  let team: ThreadTeam
  let kernels: UnsafePointer<ck_kernels>
  /// Angles of the positions; nil when positions are learnt.
  let rotary: RotaryTable?

  var saved: Activations?
  var unsaved: Activations?
  var slopes: ActivationGradients?
  var logits: LogitChunk
  let scratch: [FloatStorage]
  /// Threads' own gradients of biases and normalisations, laid out as the parameters' vectors are.
  var vectorGradients: VectorGradients
  /// Weights as the products of the forward pass and of the backward pass have them.
  private var forwardPanels: PanelWeights?
  private var backwardPanels: PanelWeights?
  /// Each thread's room for keys and values of the sampling before.
  private var cacheRooms: [FloatStorage?]
  /// What `saved` holds: a batch that fits, computed and ready for the backward pass.
  var ready: Ready?

  struct Ready {
    var tokens: [Int32]
    var outputs: Int
    /// Whether the logits of the last chunk are still there.
    var hasLogits: Bool

    func isOf(_ batch: PackedBatch) -> Bool {
      outputs == batch.outputs.count && tokens == batch.tokens
    }
  }

  /// - Parameters:
  ///   - threads: of a team that shares the rows; their number decides the bits. Nil for the
  ///     process's own.
  ///   - memoryBudget: bytes for saved activations; a quarter of a gibibyte by default.
  ///   - recomputes: see ``recomputes``.
  ///   - rowLimit: see ``rowLimit``; no limit by default.
  ///   - instructionSet: nil for the best one; for tests.
  public convenience init(
    _ configuration: TransformerConfiguration, threads: Int? = nil,
    memoryBudget: Int = 1 << 28, recomputes: Bool = false, rowLimit: Int = .max
  ) {
    self.init(
      configuration, threads: threads, memoryBudget: memoryBudget, recomputes: recomputes,
      rowLimit: rowLimit, kernels: ck_kernels_for(ck_best_isa()))
  }

  init(
    _ configuration: TransformerConfiguration, threads: Int?, memoryBudget: Int,
    recomputes: Bool = false, rowLimit: Int = .max, kernels: UnsafePointer<ck_kernels>
  ) {
    self.recomputes = recomputes
    self.rowLimit = rowLimit
    layout = TransformerLayout(configuration)
    let threads = threads ?? BLASEnvironment.current().threads
    self.threads = threads
    self.memoryBudget = memoryBudget
    self.kernels = kernels
    team = ThreadTeam(count: threads)
    cacheRooms = Array(repeating: nil, count: threads)
    rotary = configuration.rotary.map {
      RotaryTable($0, headWidth: configuration.headWidth)
    }
    logits = LogitChunk(layout: layout)
    scratch = (0..<threads).map { _ in
      FloatStorage(
        uninitialized: max(
          Attention.scratchCount(configuration),
          Int(CK_OUTER_BLOCK)
            * (max(configuration.projectedWidth, configuration.expandedWidth, configuration.width)
              + 2 * Int(CK_PANEL))))
    }
    vectorGradients = VectorGradients(layout: layout, threads: threads)
  }

  public var configuration: TransformerConfiguration { layout.configuration }

  func attention(thread: Int) -> Attention {
    Attention(
      kernels: kernels, heads: configuration.heads, keyValueHeads: configuration.keyValueHeads,
      headWidth: configuration.headWidth, scratch: scratch[thread].elements.baseAddress!)
  }

  /// The most elements of a model whose weights are laid out in panels: what they take twice over is
  /// little then.
  static let panelLimit = 1 << 24

  /// Lays the weights out for our own kernels; nil where BLAS multiplies: large models, and processors
  /// without vector instructions that we have kernels for.
  ///
  /// The panels hold until the next call.
  func panels(_ parameters: TransformerParameters, isTransposed: Bool = false) -> PanelWeights? {
    guard layout.bufferCount <= Self.panelLimit, kernels != ck_kernels_for(CK_PLAIN) else {
      return nil
    }
    let old = isTransposed ? backwardPanels : forwardPanels
    let panels = old ?? PanelWeights(layout, isTransposed: isTransposed)
    if isTransposed { backwardPanels = panels } else { forwardPanels = panels }
    parameters.withUnsafeBuffer { panels.pack($0.baseAddress!, on: team) }
    return panels
  }

  /// A thread's room for at least so many keys and values, until it is asked for the next time: clearing
  /// new memory takes the system as long as drawing a token or two.
  func cacheRoom(thread: Int, count: Int) -> FloatStorage {
    if let old = cacheRooms[thread], old.elements.count >= count { return old }
    cacheRooms[thread] = nil
    let new = FloatStorage(uninitialized: count)
    cacheRooms[thread] = new
    return new
  }

  /// The parts in which a batch is computed: the same for every model and every purpose.
  func microBatches(_ batch: PackedBatch) -> [MicroBatch] {
    if let rotary { rotary.reserve(Int(batch.positions.max() ?? -1) + 1) }
    let bytes =
      recomputes
      ? Activations.bytesPerToken(keepingInputsOf: configuration)
      : Activations.bytesPerToken(configuration)
    return MicroBatch.cut(
      batch, tokenLimit: max(1, memoryBudget / bytes), rowLimit: rowLimit, threads: threads)
  }

  func activations(for part: MicroBatch, isSaving: Bool) -> Activations {
    let old = isSaving ? saved : unsaved
    if let old, old.tokenCapacity >= part.tokens.count, old.outputCapacity >= part.outputs.count {
      return old
    }
    if isSaving { saved = nil } else { unsaved = nil }
    let new = Activations(
      layout: layout, tokens: max(part.tokens.count, old?.tokenCapacity ?? 0),
      outputs: max(part.outputs.count, old?.outputCapacity ?? 0), isSaving: isSaving,
      keepsInputsOnly: recomputes)
    if isSaving { saved = new } else { unsaved = new }
    return new
  }

  func activationGradients(for part: MicroBatch) -> ActivationGradients {
    if let slopes, slopes.tokenCapacity >= part.tokens.count,
      slopes.outputCapacity >= part.outputs.count
    {
      return slopes
    }
    let old = slopes
    slopes = nil
    let new = ActivationGradients(
      configuration, tokens: max(part.tokens.count, old?.tokenCapacity ?? 0),
      outputs: max(part.outputs.count, old?.outputCapacity ?? 0))
    slopes = new
    return new
  }

  func requireShape(of parameters: TransformerParameters) {
    precondition(
      parameters.layout.configuration == configuration, "the runner is for another shape of model")
  }
}
