/// Everything of Swift that the export to PyTorch knows, in one loss.
let half = 0.5

func bend(_ x: Vector, by power: Double = 2, sharp: Bool) -> Vector {
  if sharp { return pow(abs(x) + 1, power) } else { return logCosh(x) }
}

func split(_ batch: PairwiseBatch, _ tunables: Tunables) -> (Vector, Vector) {
  (batch.policyChosen - batch.referenceChosen, batch.policyRejected - batch.referenceRejected)
}

func weight(_ n: Int) -> Double { n > 1 ? 1 / Double(n) : 1 }

func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  /* Two completions,
     two rewards. */
  let (chosen, rejected) = split(batch, tunables)
  let x = tunables.beta * batch.margin
  var total = zeros(like: x)
  for power in 1...3 {
    let term = bend(0.1 * x, by: Double(power), sharp: power > 1)
    total += weight(batch.count) * term
  }
  let isWrong = x < 0
  let isFar = (abs(x) > 0.4) & !isWrong | (chosen > rejected)
  let share = mean(isFar)
  var scale: Double
  if tunables.lambda > 0.3 && batch.count >= 2 {
    scale = max(tunables.lambda, half)
    let x = 3.0
    scale += x * 1e-2
  } else {
    scale = -1
  }
  guard scale > 0 else { return total }
  let sorted = sort(x, descending: true)
  let top = sorted[0..<2].mean() - sorted[batch.count - 1]
  let clipped = clamp(maximum(x, -0.2), max: 0.9)
  let smooth = softplus(-x)
    - half * sigmoid(-clipped) * (1 - 0.5 * isWrong)
  let branch = select(isWrong, 0.45, 0.9) * select(isFar, smooth, huber(x, delta: 0.3))
  return branch + scale * total * (1 + 0.01 * top) + share * detach(exp(0 * x)) * smooth
    + standardDeviation(chosen) * 0.01 + concatenate(x[0], x[1..<batch.count]) * 1e-3
}

let extraTunables = [
  Tunable("lambda", default: 0.4, range: 0.01...5, scale: .log)
]
