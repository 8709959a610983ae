/// LossKit's functions in PyTorch, where the name alone decides. `$` stands for the first argument,
/// `@` for the second.
enum TorchFunctions {
  /// Of one vector, element by element. A name that begins with `_` is a helper of the exported file.
  static let elementwise: [String: String] = [
    "exp": "torch.exp($)", "exp2": "torch.exp2($)", "expm1": "torch.expm1($)",
    "log": "torch.log($)", "log2": "torch.log2($)", "log10": "torch.log10($)",
    "log1p": "torch.log1p($)", "log1mExp": "_log1m_exp($)", "sqrt": "torch.sqrt($)",
    "rsqrt": "torch.rsqrt($)", "reciprocal": "torch.reciprocal($)", "square": "torch.square($)",
    "sigmoid": "torch.sigmoid($)", "logSigmoid": "F.logsigmoid($)",
    "logsigmoid": "F.logsigmoid($)", "softplus": "_softplus($)", "tanh": "torch.tanh($)",
    "atan": "torch.atan($)", "asinh": "torch.asinh($)", "sin": "torch.sin($)",
    "cos": "torch.cos($)", "erf": "torch.erf($)", "normalCDF": "torch.special.ndtr($)",
    "ndtr": "torch.special.ndtr($)", "logNormalCDF": "torch.special.log_ndtr($)",
    "logCosh": "_log_cosh($)", "silu": "F.silu($)", "logit": "torch.logit($)",
    "abs": "torch.abs($)", "relu": "F.relu($)", "elu": "F.elu($)", "sign": "torch.sign($)",
    "floor": "torch.floor($)", "ceil": "torch.ceil($)", "round": "torch.round($)",
    "detach": "$.detach()", "softmax": "torch.softmax($, -1)",
    "logSoftmax": "torch.log_softmax($, -1)", "cumulativeSum": "torch.cumsum($, -1)",
    "cumsum": "torch.cumsum($, -1)", "logCumulativeSumExp": "torch.logcumsumexp($, -1)",
    "flip": "torch.flip($, [-1])", "float": "$",
    // From [n] to one number.
    "sum": "$.sum()", "mean": "$.mean()", "variance": "_variance($)",
    "standardDeviation": "_standard_deviation($)", "std": "_standard_deviation($)",
    "median": "torch.quantile($, 0.5)", "logSumExp": "torch.logsumexp($, 0)",
    "logsumexp": "torch.logsumexp($, 0)", "norm": "torch.linalg.vector_norm($)",
    "min": "torch.amin($)", "max": "torch.amax($)",
  ]

  /// Of two vectors.
  static let pairs: [String: String] = [
    "logAddExp": "torch.logaddexp($, @)", "logaddexp": "torch.logaddexp($, @)",
    "xlogy": "torch.xlogy($, @)", "minimum": "torch.minimum($, @)",
    "maximum": "torch.maximum($, @)", "min": "torch.minimum($, @)",
    "max": "torch.maximum($, @)", "gather": "$[@.long()]",
  ]

  /// Of one plain number.
  static let scalar: [String: String] = [
    "exp": "math.exp($)", "exp2": "2.0 ** $", "expm1": "math.expm1($)", "log": "math.log($)",
    "log2": "math.log2($)", "log1p": "math.log1p($)", "sqrt": "math.sqrt($)",
    "square": "$ ** 2", "tanh": "math.tanh($)", "sigmoid": "_sigmoid($)",
    "softplus": "_softplus_of_number($)", "logSigmoid": "-_softplus_of_number(-$)",
    "abs": "abs($)",
  ]

  /// Python's words, and those of the exported file, which no variable may take.
  static let reserved: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield", "torch", "math", "F", "dtype", "margin", "abs", "min", "max", "range", "int",
    "float", "self",
  ]

  /// The batch's columns and what they are called in Python.
  static let columns: [String: String] = [
    "policyChosen": "policy_chosen", "policyRejected": "policy_rejected",
    "referenceChosen": "reference_chosen", "referenceRejected": "reference_rejected",
    "chosenTokens": "chosen_tokens", "rejectedTokens": "rejected_tokens",
    "chosenScore": "chosen_score", "rejectedScore": "rejected_score",
    "scoreMargin": "score_margin", "weight": "weight",
  ]
}
